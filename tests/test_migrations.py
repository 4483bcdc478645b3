"""The tables and the migrations tell the same story."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from hub.store.engine import Database
from migrations.migrate import current, newest, upgrade
from migrations.tables import all_tables


async def test_autogenerate_finds_no_difference(database: Database) -> None:
    async with database.engine.connect() as connection:
        difference = await connection.run_sync(
            lambda sync: compare_metadata(MigrationContext.configure(sync, opts={"compare_type": True}), all_tables())
        )
    assert difference == []


async def test_a_second_upgrade_leaves_the_revision_as_it_is(database: Database) -> None:
    await upgrade(database.engine)
    async with database.engine.connect() as connection:
        assert await current(connection) == newest()
