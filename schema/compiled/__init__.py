"""Queries as statements: what a document selects is compiled once and answered by PostgreSQL in the answer's bytes."""
