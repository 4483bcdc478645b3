"""Work that waits for a person."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.work.tables import Dispatch, Queue, WorkState

STUCK = frozenset({WorkState.DEAD, WorkState.UNKNOWN, WorkState.PARKED})


@dataclass(frozen=True)
class DeadLetter:
    """One row that nothing moves by itself any more, and why."""

    id: int
    kind: str
    queue: Queue
    state: WorkState
    line: str | None
    payload: Mapping[str, object]
    attempts: int
    code: str | None
    message: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class StuckWork:
    """Which stuck rows, all of it; None leaves a condition out. `since` is when they were ordered."""

    ids: Sequence[int] | None = None
    states: Collection[WorkState] = STUCK
    kind: str | ColumnElement[str] | None = None
    queue: Queue | None = None
    line: str | ColumnElement[str] | None = None
    code: str | ColumnElement[str] | None = None
    since: datetime | ColumnElement[datetime] | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """As a statement takes them."""
        yield Dispatch.state.in_(sorted(STUCK.intersection(self.states)))
        if self.ids is not None:
            yield Dispatch.id.in_(self.ids)
        if self.kind is not None:
            yield Dispatch.kind == self.kind
        if self.queue is not None:
            yield Dispatch.queue == self.queue.value
        if self.line is not None:
            yield Dispatch.line == self.line
        if self.code is not None:
            yield Dispatch.last_error_code == self.code
        if self.since is not None:
            yield Dispatch.created_at >= self.since


async def dead_letters(
    connection: AsyncConnection, chosen: StuckWork | None = None, *, after_id: int = 0, limit: int = 100
) -> list[DeadLetter]:
    """In the order they were dispatched, from behind `after_id`."""
    conditions = (chosen or StuckWork()).conditions()
    query = select(Dispatch).where(*conditions, Dispatch.id > after_id).order_by(Dispatch.id).limit(limit)
    return [_letter(row) for row in await connection.execute(query)]


async def stuck_ids(connection: AsyncConnection, chosen: StuckWork, limit: int) -> list[int]:
    """The ids of the chosen rows in key order: line by line, in each by the order of dispatch."""
    statement = select(Dispatch.id).where(*chosen.conditions()).order_by(Dispatch.line, Dispatch.id).limit(limit)
    return list((await connection.execute(statement)).scalars())


async def count_stuck(connection: AsyncConnection, chosen: StuckWork) -> int:
    """How many rows are chosen."""
    statement = select(func.count()).select_from(Dispatch).where(*chosen.conditions())
    return (await connection.execute(statement)).scalar_one()


def _letter(row: Row[Any]) -> DeadLetter:
    return DeadLetter(
        id=row.id,
        kind=row.kind,
        queue=Queue(row.queue),
        state=WorkState(row.state),
        line=row.line,
        payload=row.payload,
        attempts=row.attempts,
        code=row.last_error_code,
        message=row.last_error_message,
        created_at=row.created_at,
    )
