"""Hear the doorbell of relays as a relay does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from hub.work.doorbell import CHANNEL, channel_of
from hub.work.tables import Queue

PATIENCE_S = 10.0
KNOCK = "knock"


class Ear:
    """Hears every ring, in the order of the commits that carried them."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._heard: asyncio.Queue[str] = asyncio.Queue()

    def hear(self, *heard: object) -> None:
        """A notification; the last of its arguments is the payload."""
        self._heard.put_nowait(str(heard[-1]))

    async def rung(self) -> bool:
        """True at the next ring; fails after PATIENCE_S."""
        return await asyncio.wait_for(self._heard.get(), PATIENCE_S) == ""

    async def silent(self) -> bool:
        """Whether nothing rang until now: the knock that is made here is heard first."""
        await self._connection.execute("SELECT pg_notify($1, $2)", CHANNEL, KNOCK)
        return await asyncio.wait_for(self._heard.get(), PATIENCE_S) == KNOCK


@asynccontextmanager
async def listening(database_url: str, queue: Queue = Queue.REALTIME) -> AsyncIterator[Ear]:
    """Everything that rings for relays of this queue from now on."""
    connection = await asyncpg.connect(database_url)
    ear = Ear(connection)
    for channel in (CHANNEL, channel_of(queue)):
        await connection.add_listener(channel, ear.hear)
    try:
        yield ear
    finally:
        await connection.close()
