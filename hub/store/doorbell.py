"""Ring at other processes once a transaction has committed: a hint that there is something to look for, never the news.

A NOTIFY inside a business transaction would queue its commit behind all others that notify; so a transaction only says
that it wants a ring, and the `Database` that committed it rings in a transaction of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import Set as AbstractSet
from typing import Final
from weakref import WeakKeyDictionary

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.store.begun import FAILED, straight_from_pool

log = structlog.get_logger(__name__)

_WANTED: Final[WeakKeyDictionary[AsyncConnection, frozenset[str]]] = WeakKeyDictionary()
# A notification makes its transaction one that waits for the disk, and is heard behind that wait.
_NOTIFY: Final = """SELECT pg_notify(channel, '') FROM (SELECT set_config('synchronous_commit', 'off', true)) lazily,
    unnest(CAST($1 AS text[])) AS channel"""


def ring_after_commit(connection: AsyncConnection, channel: str) -> None:
    """Whoever listens to `channel` hears of it if and when the transaction of `connection` commits."""
    _WANTED[connection] = wanted_rings(connection) | {channel}


def wanted_rings(connection: AsyncConnection) -> frozenset[str]:
    """The channels that the transaction of `connection` wants rung."""
    return _WANTED.get(connection, frozenset())


class Doorbell:
    """Rings over a connection of the engine's pool, on the engine's loop."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._wanted: set[str] = set()
        self._ringing: asyncio.Task[None] | None = None

    def ring(self, channels: AbstractSet[str]) -> None:
        """Neither waits nor fails; any number of rings while one is under way makes one more."""
        self._wanted |= channels
        if self._wanted and (self._ringing is None or self._ringing.done()):
            self._ringing = asyncio.create_task(self._ring(), name="doorbell")

    async def aclose(self) -> None:
        """Return when the last ring is out."""
        if self._ringing is not None:
            await self._ringing

    async def _ring(self) -> None:
        while self._wanted:
            channels, self._wanted = sorted(self._wanted), set()
            try:
                async with straight_from_pool(self._engine) as driver:
                    await driver.fetch(_NOTIFY, channels)
            except (SQLAlchemyError, *FAILED, OSError) as error:
                log.warning("doorbell out of order, others find the work by looking", error=type(error).__name__)
