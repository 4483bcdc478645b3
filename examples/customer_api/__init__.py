"""A small JSON API over one SQLite table: the counterpart that docs/adapters.md connects by configuration alone."""
