"""Requests per second of the hub's read path beside other GraphQL servers on the same rows; see `__main__`."""
