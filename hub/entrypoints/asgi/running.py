"""What lives as long as the application serves: the engine and the reader of the change feed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from hub.entrypoints.asgi.scrape import Scrape
from hub.entrypoints.asgi.services import Services
from hub.exchange.inbox import Inbox
from hub.live.reader import Reader
from schema.context import Hub


@dataclass(frozen=True)
class Running:
    """Opened on the loop that serves."""

    hub: Hub
    scrape: Scrape
    reader: asyncio.Task[None]
    inbox: Inbox

    @property
    def following(self) -> bool:
        """False once subscriptions would hear nothing more."""
        return not self.reader.done()

    def drain(self) -> None:
        """End every subscription with the word to come back; call it before waiting for connections to close."""
        self.reader.cancel()


@asynccontextmanager
async def running(services: Services) -> AsyncIterator[Running]:
    """Open what is bound to the running loop; closed at the end of the block."""
    database = services.open_database()
    feed = Reader(services.feed_dsn)
    task = asyncio.create_task(feed.run(), name="change feed")
    hub = Hub(
        database=database,
        feed=feed,
        rules=services.rules,
        metrics=services.metrics,
        clock=services.clock,
        page_size_max=services.page_size_max,
    )
    try:
        yield Running(hub, Scrape(hub), task, Inbox(database, services.keys, services.clock))
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await database.aclose()
