"""The change feed: committed changes numbered after commit, and their way to subscribers."""
