"""`hub up`, `hub serve` and `hub work`: the processes that stay."""

from __future__ import annotations

import asyncio
import gc
import signal
from typing import Annotated

import typer
from rich.console import Console

from hub.entrypoints.declaring import declare
from hub.entrypoints.engine import running_engine
from hub.entrypoints.installation import Installation, installation, migrate
from hub.entrypoints.web import serving
from hub.errors import Invalid
from hub.observe.logging import configure_logging
from hub.settings.environment import LogFormat, Settings
from hub.work.tables import Queue


def up(port: Annotated[int | None, typer.Option(help="TCP port; default HUB_PORT or 8080.")] = None) -> None:
    """Run everything in this process: database (embedded unless HUB_DATABASE_URL), web, workers, schedules.

    Example: hub up --port 8080
    """
    settings = _settings(port)
    with installation(settings) as hub:
        asyncio.run(_up(hub))


def serve(port: Annotated[int | None, typer.Option(help="TCP port; default HUB_PORT or 8080.")] = None) -> None:
    """Run one web process on an existing database; start as many as wanted.

    Example: HUB_DATABASE_URL=postgresql://hub@db/hub hub serve
    """
    settings = _distributed(_settings(port), broker=False)
    with installation(settings) as hub:
        asyncio.run(_serve(hub))


def work(
    queues: Annotated[
        str, typer.Option(help="Queues to take work from, with commas between; default: all of them.")
    ] = ",".join(Queue),
) -> None:
    """Run one worker process; start as many as wanted, also with different queues.

    Example: HUB_BROKER_URL=amqp://guest@rabbit hub work --queues realtime,system
    """
    settings = _distributed(_settings(None), broker=True)
    chosen = []
    for name in queues.split(","):
        if name not in list(Queue):
            raise Invalid(f"there is no queue {name!r}; there are {', '.join(Queue)}")
        chosen.append(Queue(name))
    with installation(settings) as hub:
        asyncio.run(_work(hub, chosen))


def _settings(port: int | None) -> Settings:
    settings = Settings() if port is None else Settings(port=port)
    configure_logging(as_json=settings.log_format is LogFormat.JSON, level=settings.log_level)
    return settings


def _distributed(settings: Settings, *, broker: bool) -> Settings:
    if settings.database_url is None or (broker and settings.broker_url is None):
        wanted = "HUB_DATABASE_URL and HUB_BROKER_URL" if broker else "HUB_DATABASE_URL"
        raise Invalid(f"set {wanted}; `hub up` runs everything in one process without them")
    return settings


async def _up(hub: Installation) -> None:
    await migrate(hub.database_url)
    await _declare(hub)
    async with running_engine(hub), serving(hub):
        Console().print(
            f"Contacthub listens on http://{hub.settings.host}:{hub.settings.port}/graphql. Ctrl-C stops it."
        )
        await until_told()


async def _serve(hub: Installation) -> None:
    await _declare(hub)
    async with serving(hub):
        await until_told()


async def _work(hub: Installation, queues: list[Queue]) -> None:
    await _declare(hub)
    async with running_engine(hub, queues):
        await until_told()


async def _declare(hub: Installation) -> None:
    database = hub.open_database()
    try:
        await declare(hub, database)
    finally:
        await database.aclose()


async def until_told() -> None:
    """Return on SIGINT or SIGTERM."""
    # What was made to start lives to the end: the collector need not walk it again for every page.
    gc.freeze()
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    await told.wait()
