"""Bring a database to the newest schema, and tell whether it is there."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

UPGRADE_LOCK: Final = 7_260_115_202_316
"""Advisory lock key: several processes may start at once, one of them migrates."""


def config_for(connection: Connection | None = None) -> Config:
    """Alembic's configuration for this package, bound to `connection` where one is needed."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    return config


async def upgrade(engine: AsyncEngine, revision: str = "head") -> None:
    """Run the missing migrations in one session under an advisory lock; nothing to do is quick and changes nothing."""
    async with engine.connect() as connection:
        await connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": UPGRADE_LOCK})
        await connection.commit()
        try:
            await connection.run_sync(lambda sync: command.upgrade(config_for(sync), revision))
            await connection.commit()
        finally:
            await connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": UPGRADE_LOCK})


def newest() -> str:
    """The revision this code needs."""
    head = ScriptDirectory.from_config(config_for()).get_current_head()
    if head is None:
        raise RuntimeError("the package holds no migration")
    return head


async def current(connection: AsyncConnection) -> str | None:
    """The revision the database is at, None for an empty one."""
    return await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
