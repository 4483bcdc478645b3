"""Print streets that fetch their runs from a folder."""
