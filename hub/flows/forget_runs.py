"""Let go of runs: end those that nothing will ever end, and forget those that ended long ago."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.runs import end_run

KEPT: Final = timedelta(days=92)
"""A quarter: thirteen windows of a weekly lane, to compare this month's run with last month's."""

ABANDONED_AFTER: Final = timedelta(days=7)
"""Of a run whose work is gone: one that is given up ends with its work (`GivenUp`), so this is for what went astray."""

_FORGET = text(
    """
    DELETE FROM flow_run WHERE id = ANY(ARRAY(
        SELECT old.id FROM lane l CROSS JOIN LATERAL (
            SELECT r.id FROM flow_run r
            WHERE r.lane_id = l.id AND r.created_at < :before AND r.state IN ('COMPLETED', 'FAILED')
              AND EXISTS (SELECT FROM flow_run n WHERE n.lane_id = l.id AND n.state = 'COMPLETED'
                          AND n.created_at > r.created_at)
            ORDER BY r.created_at LIMIT :limit
        ) old LIMIT :limit
    ))
    """
)

_ABANDONED = text(
    """
    SELECT r.id FROM flow_run r
    WHERE r.state IN ('QUEUED', 'RUNNING', 'INTERRUPTED') AND r.created_at < :before
      AND NOT EXISTS (SELECT FROM dispatch d WHERE d.dedupe_key = 'run:' || r.id
                      AND d.state IN ('READY', 'WAITING', 'SENT', 'RUNNING', 'PARKED', 'UNKNOWN'))
    ORDER BY r.created_at LIMIT :limit FOR UPDATE OF r SKIP LOCKED
    """
)


async def forget_runs(connection: AsyncConnection, now: datetime, limit: int) -> int:
    """Delete ended runs from before KEPT, and tell how many; what tells a lane's lag, its last complete run, stays."""
    return (await connection.execute(_FORGET, {"before": now - KEPT, "limit": limit})).rowcount


async def end_abandoned_runs(connection: AsyncConnection, now: datetime, limit: int) -> int:
    """End as FAILED what waits for work that is dead or gone since ABANDONED_AFTER, with the ids it had met so far.

    As long as it stands there, its lane starts no other run.
    """
    found = await connection.execute(_ABANDONED, {"before": now - ABANDONED_AFTER, "limit": limit})
    abandoned = list(found.scalars())
    for run_id in abandoned:
        await end_run(connection, run_id, "FAILED", now, ("ABANDONED", "nothing was left that would end this run"))
    return len(abandoned)
