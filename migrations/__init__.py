"""Alembic migrations of the hub's store; `hub migrate-db` and the test suite run them through `migrate.upgrade`."""
