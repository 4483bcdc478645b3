"""Order work in the transaction of the deed that calls for it: both happen, or neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.observe.context import carried_context
from hub.store.sets import run_set
from hub.work.doorbell import ring_for_work
from hub.work.lines import lock_lines, promote
from hub.work.tables import AT_HEAD
from hub.work.work import NewWork

_INSERT = f"""
INSERT INTO dispatch (kind, queue, line, payload, state, priority, ready_at, dedupe_key, context, created_at)
SELECT r.kind, r.queue, r.line, r.payload,
       CASE WHEN r.line IS NULL THEN 'READY'
            WHEN row_number() OVER (PARTITION BY r.line ORDER BY r.place) > 1 THEN 'WAITING'
            WHEN EXISTS (SELECT FROM dispatch h WHERE h.line = r.line AND h.line IS NOT NULL AND h.{AT_HEAD})
            THEN 'WAITING'
            ELSE 'READY' END,
       r.priority, coalesce(r.ready_at, :now), r.dedupe_key, r.context, :now
FROM json_to_recordset(CAST(:rows AS json)) AS r(
    place int, kind text, queue text, line text, payload jsonb, priority smallint, ready_at timestamptz,
    dedupe_key text, context jsonb)
ORDER BY r.place
ON CONFLICT (dedupe_key) DO NOTHING
RETURNING id
"""  # noqa: S608 - a constant of ours


async def dispatch(connection: AsyncConnection, items: Sequence[NewWork], now: datetime) -> list[int]:
    """Ids of the new rows in the order of `items`; an item whose dedupe key exists is left out.

    Holds the lines of `items` until the caller's transaction ends, so the finish of their heads waits for it. The
    relays hear of new work as soon as a `Database.transaction` has committed it.
    """
    if not items:
        return []
    lines = {item.line for item in items if item.line is not None}
    if lines:
        await lock_lines(connection, lines, now)
    carried = carried_context()
    rows = [_row(place, item, carried) for place, item in enumerate(items)]
    result = await run_set(connection, _INSERT, rows, now=now)
    inserted = [int(row_id) for row_id in result.scalars()]
    if lines and len(inserted) < len(items):
        # The first of a line may have been the duplicate; then the one behind it is at the head.
        await promote(connection, dict.fromkeys(lines, 0))
    if inserted:
        await ring_for_work(connection, [item.queue for item in items])
    return inserted


def _row(place: int, item: NewWork, carried: Mapping[str, str]) -> dict[str, object]:
    return {
        "place": place,
        "kind": item.kind,
        "queue": item.queue,
        "line": item.line,
        "payload": item.payload,
        "priority": item.priority,
        "ready_at": item.ready_at,
        "dedupe_key": item.dedupe_key,
        "context": {**carried, **item.context},
    }
