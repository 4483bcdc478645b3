"""The rows of runs: their lane, state, counters and cursor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.collected import give_back
from hub.flows.hand_over import order_release
from hub.flows.lane import LaneContext, lane_of
from hub.live.changes import Change
from hub.live.publish import publish
from hub.records.source import JsonObject
from hub.work.dispatch import dispatch
from hub.work.tables import Queue
from hub.work.work import NewWork

RUN_COMPLETED: Final = "lane.run_completed"
"""Kind of the work that follows a completed run of a flow under migration; payload {"flow", "lane", "run"}.

Dispatched once per run, in the transaction that completes it, for every lane of a flow with a SHADOW or VERIFY lane. A
run that found nothing waiting has no watermark and no such work. Work of one flow runs in the order of completion.
"""


@dataclass(frozen=True, slots=True)
class OpenRun:
    """A run and where its lane stands; `cursor` belongs to this run when `midway`, to the last one otherwise."""

    id: UUID
    lane: LaneContext
    cursor: JsonObject | None
    midway: bool
    counters: Counter[str]

    @property
    def attempt(self) -> int | None:
        """Which time it is that a worker took it on."""
        return self.lane.attempt


async def open_run(connection: AsyncConnection, run_id: UUID, now: datetime) -> OpenRun | None:
    """Mark the run as running; None when it has ended already (a message that came twice).

    It belongs to this caller from now on: another who still has it in hand is refused at his next write (see `fence`).
    """
    row = (
        await connection.execute(
            text(
                """UPDATE flow_run r SET state = 'RUNNING', started_at = coalesce(started_at, :now), error_code = NULL,
                     error_message = NULL, giving_way_since = NULL, attempt = r.attempt + 1
                   WHERE r.id = :id AND r.state IN ('QUEUED', 'RUNNING', 'INTERRUPTED')
                   RETURNING r.epoch, r.lane_id, r.counters, r.attempt"""
            ),
            {"id": run_id, "now": now},
        )
    ).one_or_none()
    if row is None:
        return None
    lane = replace(await lane_of(connection, row.lane_id, run_id), epoch=row.epoch, attempt=row.attempt)
    await publish_flow(connection, lane.flow, now)
    cursor = (
        await connection.execute(
            text("SELECT cursor, run_id FROM lane_cursor WHERE lane_id = :lane"), {"lane": row.lane_id}
        )
    ).one_or_none()
    return OpenRun(
        id=run_id,
        lane=lane,
        cursor=None if cursor is None else cursor.cursor,
        midway=cursor is not None and cursor.run_id == run_id,
        counters=Counter(row.counters),
    )


async def publish_flow(connection: AsyncConnection, flow: str, now: datetime) -> None:
    """Tell subscribers that a flow's runs changed."""
    await publish(connection, [Change("InformationFlow", flow, "InformationFlowStateChangeEvent")], now)


async def keep_cursor(
    connection: AsyncConnection, lane_id: int, cursor: JsonObject, run_id: UUID | None, now: datetime
) -> None:
    """Store where the lane stands; `run_id` None once the run is through."""
    await connection.execute(
        text(
            """INSERT INTO lane_cursor (lane_id, cursor, run_id, updated_at)
               VALUES (:lane, CAST(:cursor AS jsonb), :run, :now)
               ON CONFLICT (lane_id) DO UPDATE SET cursor = excluded.cursor, run_id = excluded.run_id,
                 updated_at = excluded.updated_at"""
        ),
        {"lane": lane_id, "cursor": orjson.dumps(cursor).decode(), "run": run_id, "now": now},
    )


async def keep_counters(connection: AsyncConnection, run_id: UUID, counters: Counter[str]) -> None:
    """Store how far the run has come."""
    await connection.execute(
        text("UPDATE flow_run SET counters = CAST(:counters AS jsonb) WHERE id = :id"),
        {"id": run_id, "counters": orjson.dumps(dict(counters)).decode()},
    )


async def keep_progress(connection: AsyncConnection, run_id: UUID, counters: Counter[str]) -> None:
    """As `keep_counters`, in a transaction that does not wait for the disk: a crash may cost the last page's count."""
    await connection.execute(text("SET LOCAL synchronous_commit TO off"))
    await keep_counters(connection, run_id, counters)


async def keep_giving_way(connection: AsyncConnection, run_id: UUID, now: datetime, *, giving_way: bool) -> None:
    """Store that the run makes way for real-time work from now on, or no more, and tell subscribers of its flow."""
    await connection.execute(text("SET LOCAL synchronous_commit TO off"))
    flow = await connection.scalar(
        text(
            """UPDATE flow_run r SET giving_way_since = CASE WHEN :giving_way THEN CAST(:now AS timestamptz) END
               FROM lane l WHERE r.id = :id AND l.id = r.lane_id RETURNING l.flow"""
        ),
        {"id": run_id, "giving_way": giving_way, "now": now},
    )
    await publish_flow(connection, flow, now)


async def keep_seen(connection: AsyncConnection, run_id: UUID, ids: Iterable[str]) -> None:
    """Remember the ids that a complete set holds."""
    await connection.execute(
        text(
            """INSERT INTO run_seen (run_id, external_id) SELECT :run, unnest(CAST(:ids AS text[]))
               ON CONFLICT DO NOTHING"""
        ),
        {"run": run_id, "ids": list(ids)},
    )


async def forget_seen(connection: AsyncConnection, run_id: UUID) -> None:
    """The set is through: the next one is judged by its own ids."""
    await connection.execute(text("DELETE FROM run_seen WHERE run_id = :run"), {"run": run_id})


async def keep_source_time(connection: AsyncConnection, run_id: UUID, since: datetime, until: datetime) -> None:
    """Store of which source time the run tells (see FlowRun)."""
    await connection.execute(
        text("UPDATE flow_run SET source_since = :since, source_until = :until WHERE id = :id"),
        {"id": run_id, "since": since, "until": until},
    )


async def end_run(
    connection: AsyncConnection,
    run_id: UUID,
    state: str,
    now: datetime,
    error: tuple[str, str] | None = None,
    attempt: int | None = None,
) -> None:
    """COMPLETED, FAILED or INTERRUPTED (it goes on later), with the error's code and message where there is one.

    One that somebody else has ended meanwhile stays as he left it, and so does one of another `attempt`. The commands
    that a failed run of an outbound lane did not send wait for the next carrier.
    """
    code, message = error or (None, None)
    flow = await connection.scalar(
        text(
            """UPDATE flow_run r SET state = :state, error_code = :code, error_message = :message,
                 giving_way_since = NULL,
                 finished_at = CASE WHEN :state = 'INTERRUPTED' THEN NULL ELSE CAST(:now AS timestamptz) END
               FROM lane l WHERE r.id = :id AND l.id = r.lane_id AND r.state NOT IN ('COMPLETED', 'FAILED')
                 AND r.attempt = coalesce(:attempt, r.attempt)
               RETURNING l.flow"""
        ),
        {"id": run_id, "state": state, "code": code, "message": message, "now": now, "attempt": attempt},
    )
    if flow is None:
        return
    if state == "FAILED":
        await give_back(connection, run_id)
        await order_release(connection, flow, now)
    if state != "INTERRUPTED":
        await forget_seen(connection, run_id)
    if state == "COMPLETED":
        await _tell_migration(connection, run_id, now)
    await publish_flow(connection, flow, now)


async def _tell_migration(connection: AsyncConnection, run_id: UUID, now: datetime) -> None:
    row = (
        await connection.execute(
            text(
                """SELECT l.flow, l.id FROM flow_run r JOIN lane l ON l.id = r.lane_id
                   WHERE r.id = :id AND r.source_until IS NOT NULL AND EXISTS (
                     SELECT FROM lane m WHERE m.flow = l.flow AND m.mode IN ('SHADOW', 'VERIFY'))"""
            ),
            {"id": run_id},
        )
    ).one_or_none()
    if row is None:
        return
    work = NewWork(
        kind=RUN_COMPLETED,
        queue=Queue.SYSTEM,
        payload={"flow": row.flow, "lane": row.id, "run": str(run_id)},
        line=f"migration/{row.flow}",
        dedupe_key=f"completed:{run_id}",
        context={"flow": row.flow},
    )
    await dispatch(connection, [work], now)
