"""A few pages of one run are applied at once, and nothing is said to be done before what came ahead of it."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

AT_ONCE: Final = 3
"""While PostgreSQL works on one page, Python works on another; the third keeps both at it where the two would meet."""


@dataclass(slots=True)
class Turn:
    """A page's place among those of its run."""

    ahead: Turn | None
    kept: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def come(self) -> bool:
        """True once every page ahead has been kept, cursor included."""
        return self.ahead is None or self.ahead.kept.is_set()

    async def wait(self) -> None:
        """Return when it has come."""
        if self.ahead is not None:
            await self.ahead.kept.wait()
            self.ahead = None  # or every page would hold on to all that went before


class PagesInFlight:
    """At most so many pages at once. Errors are raised in the order of the pages; the block's end waits for all.

    A page's error gives up those behind it: their transactions are rolled back and they will be asked for again. Any
    other error waits for what is under way.
    """

    def __init__(self, at_once: int = AT_ONCE) -> None:
        self._at_once = at_once
        self._under_way: deque[asyncio.Task[None]] = deque()
        self._last: Turn | None = None
        self._failed = False

    async def add(self, keep: Callable[[Turn], Awaitable[None]]) -> None:
        """Keep another page as soon as there is room for it; `keep` waits for its turn before it counts as done."""
        while len(self._under_way) >= self._at_once:
            await self._oldest()
        self._last = turn = Turn(self._last)
        self._under_way.append(asyncio.create_task(_kept(keep, turn)))

    async def landed(self) -> None:
        """Return when all are through."""
        while self._under_way:
            await self._oldest()

    async def _oldest(self) -> None:
        try:
            await self._under_way[0]
        except Exception:
            self._failed = True
            raise
        self._under_way.popleft()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None or (isinstance(error, Exception) and not self._failed):
                await self.landed()
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)


async def _kept(keep: Callable[[Turn], Awaitable[None]], turn: Turn) -> None:
    await keep(turn)
    turn.kept.set()
