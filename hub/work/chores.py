"""What a worker process does beside running work: relay, leases, sweeps, schedules, forgetting."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from hub.clock import Clock
from hub.store.engine import Database
from hub.work.doorbell import Bell
from hub.work.fire import fire_due
from hub.work.forget import forget
from hub.work.leases import Leases
from hub.work.release import release_overdue
from hub.work.sweep import resend_lost, sweep_expired
from hub.work.work import LEASE_S, Handlers

SCHEDULES_EVERY_S = 1.0
SWEEP_EVERY_S = 1.0
FORGET_EVERY_S = 600.0
RENEWALS_PER_LEASE = 3

log = structlog.get_logger(__name__)


class Chores:
    """The recurring statements of one worker process; every one may run in any number of processes at once."""

    def __init__(self, database: Database, handlers: Handlers, clock: Clock, leases: Leases, bell: Bell) -> None:
        self._database = database
        self._handlers = handlers
        self._clock = clock
        self._leases = leases
        self._bell = bell

    async def keep_leases(self) -> None:
        """Renew what runs here, often enough that one failed renewal loses nothing."""
        shortest_s = min((registered.lease_s for registered in self._handlers.values()), default=LEASE_S)
        await _repeat(self._renew, min(shortest_s, LEASE_S) / RENEWALS_PER_LEASE)

    async def keep_sweeping(self) -> None:
        """Find lost messages and lost processes."""
        await _repeat(self._sweep, SWEEP_EVERY_S)

    async def keep_schedules(self) -> None:
        """Dispatch what is due."""
        await _repeat(self._fire, SCHEDULES_EVERY_S)

    async def keep_forgetting(self) -> None:
        """Delete work finished long ago."""
        await _repeat(self._forget, FORGET_EVERY_S)

    async def _renew(self) -> None:
        async with self._database.transaction() as connection:
            await self._leases.renew(connection, self._clock())

    async def _sweep(self) -> None:
        async with self._database.transaction() as connection:
            found = await resend_lost(connection, self._clock())
            found += await release_overdue(connection, self._clock())
        found += await sweep_expired(self._database, self._handlers, self._clock())
        if found:
            self._bell.ring()

    async def _fire(self) -> None:
        async with self._database.transaction() as connection:
            fired = await fire_due(connection, self._clock())
        if fired:
            self._bell.ring()

    async def _forget(self) -> None:
        async with self._database.transaction() as connection:
            await forget(connection, self._clock())


async def _repeat(chore: Callable[[], Awaitable[None]], pause_s: float) -> None:
    while True:
        try:
            await chore()
        except Exception as error:  # noqa: BLE001 - the edge: the next turn may find the database back
            log.warning("chore failed", chore=getattr(chore, "__name__", ""), error=type(error).__name__)
        await asyncio.sleep(pause_s)
