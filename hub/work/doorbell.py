"""Tell relays that work may be ready, so that they need not look all the time. Only a hint: they look anyway."""

from __future__ import annotations

import asyncio
from typing import Final

import structlog
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.doorbell import ring_after_commit
from hub.store.engine import Database

log = structlog.get_logger(__name__)

CHANNEL: Final = "contacthub_work"
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


async def ring_for_work(connection: AsyncConnection) -> None:
    """Have every relay of the database look for ready work once the transaction of `connection` has committed."""
    await ring_after_commit(connection, CHANNEL)


async def answer_doorbell(database: Database, bell: Bell) -> None:
    """Pass every ring on to `bell`, over a connection of its own, until cancelled; it comes back when it breaks."""
    while True:
        try:
            await _listen(database, bell)
        except (DBAPIError, OSError) as error:
            log.warning("doorbell not heard", error=type(error).__name__)
        await asyncio.sleep(RELISTEN_S)


async def _listen(database: Database, bell: Bell) -> None:
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
        await driver.add_listener(CHANNEL, heard)
        try:
            bell.ring()  # for what was ordered while nobody listened
            await gone.wait()
        finally:
            driver.remove_termination_listener(ended)
            if not driver.is_closed():
                await driver.remove_listener(CHANNEL, heard)
