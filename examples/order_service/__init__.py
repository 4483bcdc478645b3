"""A small back office: takes signed orders once, keeps them in SQLite, and reports their status by signed calls."""
