"""Claim rows: ready ones to be sent, as many as there is room for, then one by its id to be run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.sets import run_set
from hub.work.tables import Queue
from hub.work.urgency import Urgency, urgency_of
from hub.work.work import LEASE_S, Handlers, Work

REALTIME_LATE: Final = timedelta(milliseconds=100)
"""Real-time work is begun within milliseconds; what waits for longer found every worker of its queue busy."""

# Does not wait for the disk: what a crash of the server forgets is READY again, and a second message finds it taken.
# An array and not a join: of the lateral part the planner expects thousands of rows, and would read the whole table.
_CLAIM_READY = """
WITH late AS MATERIALIZED (
    SELECT EXISTS (
        SELECT FROM dispatch d WHERE d.queue = 'realtime' AND d.state = 'READY' AND d.ready_at <= :late_since
    ) AS is_late, set_config('synchronous_commit', 'off', true)
), room AS (
    SELECT r.queue, CASE WHEN r.bulk AND late.is_late THEN 1 ELSE r.size END - (
        SELECT count(*) FROM dispatch f
        WHERE f.lease_owner = :owner AND f.queue = r.queue AND f.state IN ('SENT', 'RUNNING')
    ) AS free
    FROM json_to_recordset(CAST(:rows AS json)) AS r(queue text, size int, bulk boolean) CROSS JOIN late
), claimed AS (
    SELECT ready.id FROM room CROSS JOIN LATERAL (
        SELECT d.id FROM dispatch d
        WHERE d.queue = room.queue AND d.state = 'READY' AND d.ready_at <= :now
        ORDER BY d.priority, d.ready_at, d.id
        LIMIT greatest(room.free, 0) FOR UPDATE SKIP LOCKED
    ) ready
), sent AS (
    UPDATE dispatch SET state = 'SENT', sent_at = :now, lease_owner = :owner
    WHERE id = ANY(ARRAY(SELECT id FROM claimed))
    RETURNING id, queue, kind, priority, ready_at
)
SELECT queue, id, kind FROM sent ORDER BY priority, ready_at, id
"""

REALTIME_RECENT: Final = timedelta(seconds=2)

_REALTIME = text(
    """
    SELECT least(
        (SELECT min(ready_at) FROM dispatch WHERE queue = 'realtime' AND state = 'READY' AND ready_at <= :now),
        (SELECT min(ready_at) FROM dispatch WHERE queue = 'realtime' AND state = 'SENT')) AS oldest,
      EXISTS (SELECT FROM dispatch WHERE queue = 'realtime' AND state = 'RUNNING')
      OR EXISTS (SELECT FROM dispatch WHERE queue = 'realtime' AND finished_at > :recent) AS lately
    """
)

_CLAIM_SENT = text(
    """
    UPDATE dispatch
    SET state = 'RUNNING', attempts = attempts + 1, lease_owner = :owner,
        lease_until = CAST(:now AS timestamptz)
            + make_interval(secs => coalesce((CAST(:leases AS jsonb) ->> kind)::float, :lease_s))
    WHERE id = ANY(ARRAY(
        SELECT s.id FROM dispatch s
        WHERE s.id = ANY(CAST(:ids AS bigint[])) AND s.state = 'SENT' ORDER BY s.id FOR UPDATE
    ))
    RETURNING id, kind, queue, line, payload, attempts, context
    """
)


class ReadyRow(NamedTuple):
    """A row that is SENT from now on, and what its message needs."""

    queue: Queue
    id: int
    kind: str


async def claim_ready(
    connection: AsyncConnection, owner: str, windows: Mapping[Queue, int], now: datetime
) -> list[ReadyRow]:
    """Mark due rows SENT in the order they are to be sent, up to `windows` of this owner in flight per queue.

    While real-time work waits for a worker longer than REALTIME_LATE, a bulk queue has one row in flight.
    """
    rows = [
        {"queue": queue, "size": size, "bulk": urgency_of(queue) is Urgency.BULK} for queue, size in windows.items()
    ]
    claimed = await run_set(connection, _CLAIM_READY, rows, owner=owner, now=now, late_since=now - REALTIME_LATE)
    return [ReadyRow(Queue(row.queue), row.id, row.kind) for row in claimed]


@dataclass(frozen=True, slots=True)
class RealtimeWork:
    """`lag`: how long the oldest waits for a worker, of this process or another, in the table or on the broker.

    `about`: there is some, or was within REALTIME_RECENT, so that more of it is to be expected.
    """

    lag: timedelta
    about: bool


async def realtime_work(connection: AsyncConnection, now: datetime) -> RealtimeWork:
    """How real-time work stands now."""
    row = (await connection.execute(_REALTIME, {"now": now, "recent": now - REALTIME_RECENT})).one()
    lag = timedelta(0) if row.oldest is None else max(timedelta(0), now - row.oldest)
    return RealtimeWork(lag, about=row.oldest is not None or row.lately)


async def claim_sent(
    connection: AsyncConnection, row_id: int, owner: str, handlers: Handlers, now: datetime
) -> Work | None:
    """The row as an attempt of `owner` under its kind's lease, or None: an unknown, repeated or outdated message."""
    return (await claim_all_sent(connection, [row_id], owner, handlers, now)).get(row_id)


async def claim_all_sent(
    connection: AsyncConnection, row_ids: Sequence[int], owner: str, handlers: Handlers, now: datetime
) -> dict[int, Work]:
    """As `claim_sent`, of several rows by their ids."""
    leases = {kind: registered.lease_s for kind, registered in handlers.items()}
    claimed = await connection.execute(
        _CLAIM_SENT,
        {"ids": row_ids, "owner": owner, "now": now, "leases": orjson.dumps(leases).decode(), "lease_s": LEASE_S},
    )
    return {
        row.id: Work(
            id=row.id,
            kind=row.kind,
            queue=Queue(row.queue),
            line=row.line,
            payload=row.payload,
            attempts=row.attempts,
            owner=owner,
            context=row.context,
        )
        for row in claimed
    }
