"""Order work, run it by real workers, wait for what becomes of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from hub.store.engine import Database
from hub.work.decisions import Decision
from hub.work.dispatch import dispatch
from hub.work.tables import Dispatch, Queue, WorkState
from hub.work.work import Handlers, NewWork, RegisteredHandler, Work
from hub.work.worker import Stopping, Worker
from tests.waiting import until
from tests.work.brokers import Installation

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
PATIENCE_S = 30.0
THREADS = {Queue.REALTIME: 4, Queue.DAILY: 1}


@dataclass
class Time:
    """The hub's clock, moved by hand."""

    now: datetime = START

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **amount: float) -> None:
        """Move on by a timedelta of these parts."""
        self.now += timedelta(**amount)


@dataclass(frozen=True)
class Row:
    """What tests look at in a dispatch row."""

    state: WorkState
    attempts: int
    code: str | None
    message: str | None


class Bench:
    """One database and one broker, with as many workers as a test opens."""

    def __init__(self, database: Database, open_database: Callable[[], Database], broker: Installation) -> None:
        self.database = database
        self.open_database = open_database
        self.broker = broker
        self.time = Time()

    async def order(self, *items: NewWork) -> list[int]:
        """Dispatch in one transaction."""
        async with self.database.transaction() as connection:
            return await dispatch(connection, items, self.time())

    async def rows(self, ids: Sequence[int]) -> list[Row]:
        """The rows in the order of `ids`."""
        async with self.database.reading() as connection:
            found = await connection.execute(select(Dispatch).where(Dispatch.id.in_(ids)))
            rows = {
                row.id: Row(WorkState(row.state), row.attempts, row.last_error_code, row.last_error_message)
                for row in found
            }
        return [rows[row_id] for row_id in ids]

    async def tried(self, row_id: int, times: int = 1) -> Row:
        """The row once `times` attempts at it have been recorded."""

        async def found() -> Row | None:
            [row] = await self.rows([row_id])
            ended = row.state not in {WorkState.SENT, WorkState.RUNNING}
            return row if ended and row.attempts == times else None

        return await until(found, PATIENCE_S, f"attempt {times} of {row_id}")

    async def states(self, *ids: int) -> list[WorkState]:
        """Their states in the order of `ids`."""
        return [row.state for row in await self.rows(ids)]

    async def reach(self, state: WorkState, *ids: int) -> list[Row]:
        """The rows once all of them are in `state`."""

        async def reached() -> list[Row] | None:
            rows = await self.rows(ids)
            return rows if all(row.state is state for row in rows) else None

        return await until(reached, PATIENCE_S, f"{state} of {ids}")

    def worker(self, handlers: Handlers, threads: dict[Queue, int] | None = None) -> Worker:
        """One more worker, on a broker object of its own; not started."""

        @asynccontextmanager
        async def opened(_database: Database, _stopping: Stopping) -> AsyncIterator[Handlers]:
            yield handlers

        return Worker(
            self.open_database,
            self.broker.open(),
            opened,
            threads=THREADS if threads is None else threads,
            prefix=self.broker.prefix,
            clock=self.time,
        )


class Script:
    """A handler that gives one decision, or error, after another, and remembers what it was called with."""

    def __init__(self, *outcomes: Decision | Exception) -> None:
        self.calls: list[Work] = []
        self._outcomes = list(outcomes)

    async def __call__(self, work: Work) -> Decision:
        self.calls.append(work)
        outcome = self._outcomes[min(len(self.calls), len(self._outcomes)) - 1]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    def registered(self, *, repeatable: bool = True) -> Handlers:
        """This handler for the kind "test"."""
        return {"test": RegisteredHandler(self, repeatable)}


def realtime(line: str | None = None, dedupe_key: str | None = None) -> NewWork:
    """Work for the kind "test"."""
    return NewWork("test", Queue.REALTIME, {"ref": "1"}, line=line, dedupe_key=dedupe_key)
