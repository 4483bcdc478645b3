"""Bulk work steps aside while real-time work waits: within a page as well as between two."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from time import perf_counter
from typing import Final
from uuid import UUID

from hub.flows.engine_room import EngineRoom
from hub.flows.pace import FIRST, Pace
from hub.flows.runs import keep_giving_way
from hub.work.claim import realtime_work
from hub.work.urgency import Urgency, urgency

LOOK_S: Final = 0.05
LONGEST_REST_S: Final = 0.5
"""After each step at most; one that took longer than this found the machine busy with more than real-time work."""


class Throttle:
    """For one run. Its steps go one at a time while there is real-time work, each as large as that allows.

    After a step beside real-time work it rests for as long as that took: PostgreSQL knows no urgency. While real-time
    work is late, it waits, and takes one step each `room.bulk_step_every_s`. The run's row says so meanwhile.
    """

    def __init__(
        self,
        room: EngineRoom,
        run_id: UUID,
        stopping: Callable[[], bool],
        timer: Callable[[], float] = perf_counter,
    ) -> None:
        self._room = room
        self._run_id = run_id
        self.stopping = stopping
        self._timer = timer
        self._line = asyncio.Lock()
        self._pace = Pace()
        self._worked_s = 0.0
        self._told = False

    @property
    def narrow(self) -> bool:
        """True while there is real-time work to step aside for."""
        return self._pace.step is not None

    @asynccontextmanager
    async def step(self) -> AsyncIterator[int | None]:
        """Begins when the next step may; gives how many records it may have, None for any number.

        At once for real-time work itself.
        """
        if urgency() is Urgency.REALTIME:
            yield None
            return
        async with self._line:
            await self._give_way()
            if self.narrow:
                began = self._timer()
                yield self._pace.step
                self._worked_s = self._timer() - began
                return
        yield None

    async def _give_way(self) -> None:
        if self._worked_s:
            await self._room.pause(min(self._worked_s, LONGEST_REST_S))
            self._worked_s = 0.0
        await self._look()
        waited_s = 0.0
        while not self._pace.may_go_on(waited_s, self._room.bulk_step_every_s) and not self.stopping():
            await self._tell(giving_way=True)
            await self._room.pause(LOOK_S)
            waited_s += LOOK_S
            await self._look()
        if self._pace.step is None or self._pace.step >= FIRST:
            await self._tell(giving_way=False)

    async def _look(self) -> None:
        async with self._room.database.reading() as connection:
            self._pace = self._pace.after(await realtime_work(connection, self._room.clock()))

    async def _tell(self, *, giving_way: bool) -> None:
        if self._told is giving_way:
            return
        self._told = giving_way
        async with self._room.database.transaction() as connection:
            await keep_giving_way(connection, self._run_id, self._room.clock(), giving_way=giving_way)
