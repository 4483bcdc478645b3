"""How much work there is, for metrics and for people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.work.tables import Queue, WorkState

# One part for each partial index: what is DONE, by far the most, is never looked at.
_COUNTS = text(
    """
    SELECT queue, state, count(*) AS rows, min(ready_at) AS oldest FROM (
        SELECT queue, state, ready_at FROM dispatch WHERE state = 'READY'
        UNION ALL SELECT queue, state, ready_at FROM dispatch WHERE state = 'WAITING'
        UNION ALL SELECT queue, state, ready_at FROM dispatch WHERE state IN ('SENT', 'RUNNING')
        UNION ALL SELECT queue, state, ready_at FROM dispatch WHERE state IN ('DEAD', 'UNKNOWN', 'PARKED')
    ) undone GROUP BY queue, state ORDER BY queue, state
    """
)


@dataclass(frozen=True)
class WorkCount:
    """Rows of one queue in one state; `oldest` is the earliest time one of them could have run."""

    queue: Queue
    state: WorkState
    rows: int
    oldest: datetime


async def counts(connection: AsyncConnection) -> list[WorkCount]:
    """By queue and state, without what is DONE; a pair without rows is left out."""
    return [
        WorkCount(Queue(row.queue), WorkState(row.state), row.rows, row.oldest)
        for row in await connection.execute(_COUNTS)
    ]
