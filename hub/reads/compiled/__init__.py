"""A selection of fields as one statement, in which PostgreSQL itself writes the answer's JSON."""
