"""Clients that mean harm, against a server process as in production."""
