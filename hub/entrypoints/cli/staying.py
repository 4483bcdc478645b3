"""What the processes that stay have in common: their settings and log, the declared configuration, and their end."""

from __future__ import annotations

import asyncio
import signal

from hub.entrypoints.allocator import give_large_blocks_back
from hub.entrypoints.collector import spare_the_collector
from hub.entrypoints.declaring import declare
from hub.entrypoints.installation import Installation
from hub.errors import Invalid
from hub.observe.logging import configure_logging
from hub.settings.environment import LogFormat, Settings


def logged_settings(port: int | None = None) -> Settings:
    """The settings, with the log of this process set up as they say."""
    settings = Settings() if port is None else Settings(port=port)
    configure_logging(as_json=settings.log_format is LogFormat.JSON, level=settings.log_level)
    return settings


def distributed(settings: Settings, *, broker: bool) -> Settings:
    """The same settings; Invalid without what several processes share."""
    if settings.database_url is None or (broker and settings.broker_url is None):
        wanted = "HUB_DATABASE_URL and HUB_BROKER_URL" if broker else "HUB_DATABASE_URL"
        raise Invalid(f"set {wanted}; `hub up` runs everything in one process without them")
    return settings


async def declare_configured(hub: Installation) -> None:
    """Write what hub.yaml declares into the database."""
    database = hub.open_database()
    try:
        await declare(hub, database)
    finally:
        await database.aclose()


def ending() -> asyncio.Event:
    """Set by SIGINT or SIGTERM from now on, also where the parent left SIGINT ignored, as a shell does with `&`.

    Call it before anybody is told to press Ctrl-C, then `until` it.
    """
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.set)
    return told


async def until(told: asyncio.Event) -> None:
    """Return once it is set; what was made to start is put out of the collector's way first."""
    give_large_blocks_back()
    spare_the_collector()
    await told.wait()
