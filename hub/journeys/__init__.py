"""Customer processes: what is missing in them, and where a request stands in its own."""
