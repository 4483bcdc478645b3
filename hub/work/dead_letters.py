"""Work that waits for a person."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
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


async def dead_letters(
    connection: AsyncConnection,
    *,
    states: Collection[WorkState] = STUCK,
    kind: str | None = None,
    line: str | None = None,
    after_id: int = 0,
    limit: int = 100,
) -> list[DeadLetter]:
    """In the order they were dispatched, from behind `after_id`; `kind` and `line` narrow them down."""
    query = (
        select(Dispatch)
        .where(Dispatch.state.in_(sorted(STUCK.intersection(states))), Dispatch.id > after_id)
        .order_by(Dispatch.id)
        .limit(limit)
    )
    if kind is not None:
        query = query.where(Dispatch.kind == kind)
    if line is not None:
        query = query.where(Dispatch.line == line)
    return [
        DeadLetter(
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
        for row in await connection.execute(query)
    ]
