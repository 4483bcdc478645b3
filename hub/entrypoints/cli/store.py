"""`hub migrate-db`."""

from __future__ import annotations

import asyncio

import typer
from rich.console import Console

from hub.entrypoints.installation import database_url, migrate
from hub.settings.environment import Settings

application = typer.Typer()


@application.command("migrate-db")
def migrate_db() -> None:
    """Bring the database to the schema of this release; safe to repeat and to run from several machines.

    Example: HUB_DATABASE_URL=postgresql://hub@db/hub hub migrate-db
    """
    with database_url(Settings()) as url:
        asyncio.run(migrate(url))
    Console().print("The database has the newest schema.")
