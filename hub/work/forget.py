"""Forget finished work, so that the table stays as large as the work at hand."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

KEPT = timedelta(days=14)
"""Longer than the slowest cadence, so that a dedupe key still holds when a weekly lane repeats itself."""
BATCH = 5000

_FORGET_DONE = text(
    """
    DELETE FROM dispatch WHERE id = ANY(ARRAY(
        SELECT id FROM dispatch WHERE finished_at < :before AND state = 'DONE' ORDER BY finished_at LIMIT :batch
    ))
    """
)

# A line's row is only its lock, so nothing depends on one that nobody holds.
_FORGET_LINES = text(
    """
    DELETE FROM dispatch_line WHERE line = ANY(ARRAY(
        SELECT line FROM dispatch_line WHERE joined_at < :before LIMIT :batch FOR UPDATE SKIP LOCKED
    ))
    """
)


async def forget(connection: AsyncConnection, now: datetime) -> int:
    """Delete a batch of rows that were DONE longer than KEPT ago, and lines nobody joined since; tells how many rows.

    Dead letters stay until someone requeues them.
    """
    binds = {"before": now - KEPT, "batch": BATCH}
    await connection.execute(_FORGET_LINES, binds)
    return (await connection.execute(_FORGET_DONE, binds)).rowcount
