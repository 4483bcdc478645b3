"""`hub up` and `hub serve`: the processes that listen."""

from __future__ import annotations

import sys
from typing import Annotated, TypeAlias

import typer
from rich.console import Console

from hub.entrypoints.cli.staying import declare_configured, distributed, ending, logged_settings, until
from hub.entrypoints.engine import running_engine
from hub.entrypoints.installation import Installation, installation, migrate
from hub.entrypoints.web import serving

if sys.platform == "win32":
    from asyncio import run
else:
    from uvloop import run

application = typer.Typer()

Port: TypeAlias = Annotated[int | None, typer.Option(help="TCP port; default HUB_PORT or 8080.")]


@application.command("up")
def up(port: Port = None) -> None:
    """Run everything in this process: database (embedded unless HUB_DATABASE_URL), web, workers, schedules.

    Example: hub up --port 8080
    """
    settings = logged_settings(port)
    with installation(settings) as hub:
        run(_up(hub))


@application.command("serve")
def serve(port: Port = None) -> None:
    """Run one web process on an existing database; start as many as wanted.

    Example: HUB_DATABASE_URL=postgresql://hub@db/hub hub serve
    """
    settings = distributed(logged_settings(port), broker=False)
    with installation(settings) as hub:
        run(_serve(hub))


async def _up(hub: Installation) -> None:
    await migrate(hub.database_url)
    await declare_configured(hub)
    async with running_engine(hub), serving(hub):
        told = ending()
        Console().print(
            f"Contacthub listens on http://{hub.settings.host}:{hub.settings.port}/graphql. Ctrl-C stops it."
        )
        await until(told)


async def _serve(hub: Installation) -> None:
    await declare_configured(hub)
    async with serving(hub):
        await until(ending())
