"""The house's own recurring work: schedules and dispatch rows like any other, a batch and a transaction at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.clock import Clock
from hub.store.engine import Database
from hub.work.decisions import Decision, Done
from hub.work.schedule import NewSchedule
from hub.work.tables import Queue
from hub.work.work import Handlers, RegisteredHandler, Work

TURNS_AT_MOST: Final = 500
"""Per firing, so that a backlog of months keeps no thread for itself; the next firing goes on with it."""

log = structlog.get_logger(__name__)

Turn: TypeAlias = Callable[[AsyncConnection, datetime, int], Awaitable[int]]
"""Handle up to so many rows as of a time, in the caller's transaction, and tell how many; safe to run twice at once."""


@dataclass(frozen=True)
class Upkeep:
    """`cron` is in UTC, with five fields; `batch` bounds the rows, and so the locks, of one transaction."""

    name: str
    cron: str
    batch: int

    @property
    def kind(self) -> str:
        """Kind of its dispatch rows."""
        return f"upkeep.{self.name}"

    @property
    def schedule(self) -> NewSchedule:
        """Whatever was missed is done by the next firing, and one at a time is enough."""
        return NewSchedule(
            name=f"upkeep:{self.name}", kind=self.kind, queue=Queue.SYSTEM, cron=self.cron, time_zone="UTC"
        )


def upkeep_handlers(
    turns: Mapping[Upkeep, Turn], database: Database, clock: Clock, stopping: Callable[[], bool] = lambda: False
) -> Handlers:
    """A handler for each; all may be repeated, since what a turn has handled the next one does not find."""
    return dict(_registered(turns, database, clock, stopping))


def _registered(
    turns: Mapping[Upkeep, Turn], database: Database, clock: Clock, stopping: Callable[[], bool]
) -> Iterator[tuple[str, RegisteredHandler]]:
    for upkeep, turn in turns.items():
        yield upkeep.kind, RegisteredHandler(_Round(upkeep, turn, database, clock, stopping), repeatable=True)


@dataclass(frozen=True)
class _Round:
    upkeep: Upkeep
    turn: Turn
    database: Database
    clock: Clock
    stopping: Callable[[], bool]

    async def __call__(self, work: Work) -> Decision:
        """Turns until one finds less than a batch, or the worker stops."""
        handled = 0
        for _ in range(TURNS_AT_MOST):
            async with self.database.transaction() as connection:
                found = await self.turn(connection, self.clock(), self.upkeep.batch)
            handled += found
            if found < self.upkeep.batch or self.stopping():
                break
        log.info("upkeep done", kind=work.kind, count=handled)
        return Done()
