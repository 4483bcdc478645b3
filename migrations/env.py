"""Alembic's environment: the connection comes from `migrate.upgrade`, never from a file."""

from __future__ import annotations

from alembic import context

from migrations.tables import all_tables

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=all_tables(),
    compare_type=True,
    compare_server_default=False,
    transaction_per_migration=True,
)
with context.begin_transaction():
    context.run_migrations()
