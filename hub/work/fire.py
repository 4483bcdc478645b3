"""Fire the schedules that are due, each firing exactly once however many processes look."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.records.lanes import MisfirePolicy, OverlapPolicy
from hub.work.dispatch import dispatch
from hub.work.rhythm import next_firing
from hub.work.tables import Queue
from hub.work.work import NewWork

MISFIRE_GRACE = timedelta(minutes=5)
"""Up to so much later a firing still counts as on time."""
BATCH = 100

_DUE = text(
    """
    SELECT name, kind, queue, payload, cron, time_zone, next_run_at, misfire, overlap, last_dispatch_id
    FROM schedule WHERE enabled AND next_run_at <= :now
    ORDER BY next_run_at LIMIT :batch FOR UPDATE SKIP LOCKED
    """
)

_BUSY = text("SELECT EXISTS (SELECT FROM dispatch WHERE id = :id AND state IN ('READY', 'WAITING', 'SENT', 'RUNNING'))")

_ADVANCE = text(
    """
    UPDATE schedule SET next_run_at = :next_run_at, last_dispatch_id = coalesce(:fired, last_dispatch_id)
    WHERE name = :name
    """
)


async def fire_due(connection: AsyncConnection, now: datetime) -> list[int]:
    """Dispatch what is due and tell the new rows; each gets `scheduled_for` (ISO 8601, UTC) into its payload.

    A schedule that missed several firings makes one, for the first of them, or with SKIP only one that is on time.
    """
    fired: list[int] = []
    for schedule in (await connection.execute(_DUE, {"now": now, "batch": BATCH})).all():
        scheduled_for = _firing_to_make(schedule, now)
        ids: list[int] = []
        if scheduled_for <= now and not await _left_out(connection, schedule):
            ids = await dispatch(connection, [_work(schedule, scheduled_for)], now)
        following = next_firing(schedule.cron, schedule.time_zone, now) if scheduled_for <= now else scheduled_for
        await connection.execute(
            _ADVANCE, {"name": schedule.name, "next_run_at": following, "fired": ids[0] if ids else None}
        )
        fired += ids
    return fired


def _firing_to_make(schedule: Row[tuple[object, ...]], now: datetime) -> datetime:
    due: datetime = schedule.next_run_at
    if MisfirePolicy(schedule.misfire) is MisfirePolicy.RUN_ONCE or due >= now - MISFIRE_GRACE:
        return due
    return next_firing(schedule.cron, schedule.time_zone, now - MISFIRE_GRACE)


async def _left_out(connection: AsyncConnection, schedule: Row[tuple[object, ...]]) -> bool:
    if OverlapPolicy(schedule.overlap) is OverlapPolicy.QUEUE:
        return False
    return bool(await connection.scalar(_BUSY, {"id": schedule.last_dispatch_id}))


def _work(schedule: Row[tuple[object, ...]], scheduled_for: datetime) -> NewWork:
    return NewWork(
        kind=schedule.kind,
        queue=Queue(schedule.queue),
        payload={**schedule.payload, "scheduled_for": scheduled_for.isoformat()},
        line=f"schedule:{schedule.name}" if OverlapPolicy(schedule.overlap) is OverlapPolicy.QUEUE else None,
        dedupe_key=f"schedule:{schedule.name}:{scheduled_for.isoformat()}",
    )
