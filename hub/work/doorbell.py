"""Tell relays that work may be ready, so that they need not look all the time. Only a hint: they look anyway."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.doorbell import ring_after_commit
from hub.store.engine import Database
from hub.work.tables import Queue

log = structlog.get_logger(__name__)

CHANNEL: Final = "contacthub_work"
"""For every relay; those of a queue listen to its own as well (`channel_of`), so that no others look in vain."""
RELISTEN_S = 1.0


class Bell:
    """Wakes one waiting coroutine of the loop it was made on; may be rung from any thread."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """End the wait at hand, or the next one at once."""
        self._loop.call_soon_threadsafe(self._rung.set)

    async def wait(self, timeout_s: float) -> bool:
        """True when it was rung within `timeout_s`."""
        try:
            # Not wait_for: Python 3.11's loses a cancellation that comes together with the ring.
            async with asyncio.timeout(timeout_s):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True


def channel_of(queue: Queue) -> str:
    """Rung for work of this queue alone."""
    return f"{CHANNEL}_{queue}"


async def ring_for_work(connection: AsyncConnection, queues: Iterable[Queue] | None = None) -> None:
    """Have the relays of these queues, or all, look for ready work once the transaction has committed."""
    channels = [CHANNEL] if queues is None else [channel_of(queue) for queue in set(queues)]
    for channel in channels:
        ring_after_commit(connection, channel)


async def answer_doorbell(database: Database, bell: Bell, queues: Iterable[Queue]) -> None:
    """Pass every ring for these queues on to `bell`, over a connection of its own, until cancelled.

    It comes back when the connection breaks.
    """
    channels = [CHANNEL, *map(channel_of, queues)]
    while True:
        try:
            await _listen(database, bell, channels)
        except (DBAPIError, OSError) as error:
            log.warning("doorbell not heard", error=type(error).__name__)
        await asyncio.sleep(RELISTEN_S)


async def _listen(database: Database, bell: Bell, channels: Sequence[str]) -> None:
    async with database.engine.connect() as connection:
        driver = (await connection.get_raw_connection()).driver_connection
        if driver is None:
            return
        gone = asyncio.Event()

        def heard(*_call: object) -> None:
            bell.ring()

        def ended(*_call: object) -> None:
            gone.set()

        driver.add_termination_listener(ended)
        for channel in channels:
            await driver.add_listener(channel, heard)
        try:
            bell.ring()  # for what was ordered while nobody listened
            await gone.wait()
        finally:
            driver.remove_termination_listener(ended)
            if not driver.is_closed():
                for channel in channels:
                    await driver.remove_listener(channel, heard)
