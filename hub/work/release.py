"""Let parked work go on once what it waits for has come. No line moves: a parked row has kept its place at the head."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.work.doorbell import ring_for_work

LOOK_AGAIN_BATCH: Final = 200

_RELEASE = text(
    """
    UPDATE dispatch SET state = 'READY', attempts = 0, ready_at = :now, waits_for = NULL
    WHERE waits_for = :waits_for AND state = 'PARKED'
    """
)

# The index holds what waits and nothing else. Few at once: each of them is going to try.
_LOOK_AGAIN = text(
    """
    UPDATE dispatch SET state = 'READY', attempts = 0, ready_at = :now, waits_for = NULL
    WHERE id = ANY(ARRAY(
        SELECT id FROM dispatch WHERE waits_for IS NOT NULL AND state = 'PARKED' AND ready_at <= :now
        ORDER BY ready_at, id LIMIT :batch FOR UPDATE SKIP LOCKED
    ))
    """
)


async def release(connection: AsyncConnection, waits_for: str, now: datetime) -> int:
    """Make READY what is parked until this came, in the order of dispatch; tells how many."""
    released = (await connection.execute(_RELEASE, {"waits_for": waits_for, "now": now})).rowcount
    if released:
        await ring_for_work(connection)
    return released


async def release_overdue(connection: AsyncConnection, now: datetime) -> int:
    """Make READY what has waited so long that it should look for itself (record.LONGEST_WAIT); tells how many."""
    return (await connection.execute(_LOOK_AGAIN, {"now": now, "batch": LOOK_AGAIN_BATCH})).rowcount
