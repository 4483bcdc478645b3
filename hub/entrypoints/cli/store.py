"""`hub migrate-db` and `hub restored`."""

from __future__ import annotations

import asyncio

import typer
from rich.console import Console

from hub.entrypoints.installation import database_url, migrate
from hub.live.generation import renew
from hub.settings.environment import Settings
from hub.store.engine import open_engine

application = typer.Typer()


@application.command("migrate-db")
def migrate_db() -> None:
    """Bring the database to the schema of this release; safe to repeat and to run from several machines.

    Example: HUB_DATABASE_URL=postgresql://hub@db/hub hub migrate-db
    """
    with database_url(Settings()) as url:
        asyncio.run(migrate(url))
    Console().print("The database has the newest schema.")


@application.command("restored")
def restored() -> None:
    """Say that the disk of the database was set back, to a snapshot of machine or volume: subscribers read afresh.

    Other ways of restoring are noticed without it. Example: hub restored
    """
    with database_url(Settings()) as url:
        asyncio.run(_renew(url))
    Console().print("Every subscriber reads afresh.")


async def _renew(url: str) -> None:
    engine = open_engine(url, pool_size=1)
    try:
        async with engine.begin() as connection:
            await renew(connection)
    finally:
        await engine.dispose()
