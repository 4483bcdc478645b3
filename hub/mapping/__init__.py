"""Mappings: documents that turn a package's own words into canonical records, compiled once, run per record."""
