"""Find work whose message or whose process was lost. Any number of sweepers may run."""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.engine import Database
from hub.work.conclude import conclude
from hub.work.decisions import decide_lost
from hub.work.tables import Queue
from hub.work.work import Handlers, Work

LOST_AFTER_S = 60.0
"""A message nobody took for so long is sent again. If it only waited, the second one finds the row running or done."""
BATCH = 200

log = structlog.get_logger(__name__)

_RESEND = text(
    """
    UPDATE dispatch SET state = 'READY', lease_owner = NULL
    WHERE id = ANY(ARRAY(
        SELECT id FROM dispatch WHERE state = 'SENT' AND sent_at < :before LIMIT :batch FOR UPDATE SKIP LOCKED
    ))
    """
)

_EXPIRED = text(
    """
    SELECT id, kind, queue, line, payload, attempts, lease_owner, context FROM dispatch
    WHERE state = 'RUNNING' AND lease_until < :now AND kind = ANY(:kinds) LIMIT :batch
    """
)


async def resend_lost(connection: AsyncConnection, now: datetime, lost_after_s: float = LOST_AFTER_S) -> int:
    """Make rows READY whose message nobody took since `lost_after_s`; tells how many."""
    before = now - timedelta(seconds=lost_after_s)
    return (await connection.execute(_RESEND, {"before": before, "batch": BATCH})).rowcount


async def sweep_expired(database: Database, handlers: Handlers, now: datetime) -> int:
    """Decide over work whose lease ran out, each in a transaction of its own; tells how many.

    Only of kinds known here: whether work may be repeated is its handler's to say.
    """
    async with database.reading() as connection:
        expired = (await connection.execute(_EXPIRED, {"now": now, "kinds": list(handlers), "batch": BATCH})).all()
    swept = 0
    for row in expired:
        work = Work(
            row.id, row.kind, Queue(row.queue), row.line, row.payload, row.attempts, row.lease_owner, row.context
        )
        decision = decide_lost(handlers[work.kind].repeatable, work.attempts, now)
        async with database.transaction() as connection:
            if await conclude(connection, handlers, [(work, decision)], now, expired_at=now):
                swept += 1
                log.warning("work was lost", work=work.id, kind=work.kind, then=type(decision).__name__)
    return swept
