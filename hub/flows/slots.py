"""How many calls one process has under way at a system."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from hub.work.urgency import Urgency


class Slots:
    """At most `size` at once. Real-time work takes the next free slot, and bulk work leaves one of several to it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._bulk_size = max(1, size - 1)
        self._taken = dict.fromkeys(Urgency, 0)
        self._waiting: dict[Urgency, deque[asyncio.Future[None]]] = {urgency: deque() for urgency in Urgency}

    @asynccontextmanager
    async def one(self, urgency: Urgency) -> AsyncIterator[None]:
        """Hold a slot inside the block; waits in turn until one is free."""
        await self._take(urgency)
        try:
            yield
        finally:
            self._give(urgency)

    async def _take(self, urgency: Urgency) -> None:
        if not self._waiting[urgency] and self._is_free(urgency):
            self._taken[urgency] += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting[urgency].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():  # the slot had just been handed over
                self._give(urgency)
            raise

    def _give(self, urgency: Urgency) -> None:
        self._taken[urgency] -= 1
        for who in (Urgency.REALTIME, Urgency.BULK):
            while self._waiting[who] and self._is_free(who):
                turn = self._waiting[who].popleft()
                if not turn.cancelled():
                    self._taken[who] += 1
                    turn.set_result(None)

    def _is_free(self, urgency: Urgency) -> bool:
        if sum(self._taken.values()) >= self._size:
            return False
        return urgency is Urgency.REALTIME or (
            self._taken[Urgency.BULK] < self._bulk_size and not self._waiting[Urgency.REALTIME]
        )
