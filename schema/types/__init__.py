"""Object types, one subject a file; each maps its rows in its `of`."""
