"""The fields of Query, one subject a file."""
