"""Start a run of one of a flow's lanes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Invalid, NotFound
from hub.exchange.authority import HOLD_FLOW
from hub.flows.lane import LaneContext
from hub.flows.runs import publish_flow
from hub.flows.schedules import runs
from hub.records.identity import FlowName
from hub.records.lanes import RUNNING_MODES, FlowCadence, LaneMode, OverlapPolicy
from hub.work.dispatch import dispatch
from hub.work.tables import Queue
from hub.work.work import NewWork

RUN = "flow.run"
"""Kind of the dispatch rows that run a lane; payload {"run": UUID}."""


_UNDER_WAY: Final = ["QUEUED", "RUNNING", "INTERRUPTED"]


def dedupe_key_of(run_id: UUID) -> str:
    """Under which the work of a run is dispatched, once."""
    return f"run:{run_id}"


async def start_run(
    connection: AsyncConnection,
    flow: FlowName,
    now: datetime,
    scheduled_for: datetime | None = None,
    cadence: FlowCadence | None = None,
    overlap: OverlapPolicy = OverlapPolicy.SKIP,
) -> UUID:
    """Queue a run, or return the one that is queued or running already; a time in `scheduled_for` runs only once.

    With `overlap` QUEUE one that runs already is not enough: another waits behind it in the lane's line, one at most.
    `cadence` names the lane; without it the authoritative one runs. NotFound for an unknown flow or lane, Invalid for a
    flow that is only planned, for an outbound real-time lane, and for a lane that is STANDBY or RETIRED.
    """
    lane = await _lane_to_run(connection, flow, cadence)
    under_way: UUID | None = await connection.scalar(
        text("SELECT id FROM flow_run WHERE lane_id = :lane AND state = ANY(:states) LIMIT 1"),
        {"lane": lane.id, "states": ["QUEUED"] if overlap is OverlapPolicy.QUEUE else _UNDER_WAY},
    )
    if under_way is not None:
        return under_way
    run_id = uuid4()
    existing = await _keep_run(connection, run_id, lane, scheduled_for or now, now)
    if existing is not None:
        return existing
    work = NewWork(
        kind=RUN,
        queue=_queue(LaneMode(lane.mode), FlowCadence(lane.cadence)),
        payload={"run": str(run_id)},
        line=f"lane/{lane.id}",
        dedupe_key=dedupe_key_of(run_id),
        context={"flow": flow},
    )
    await dispatch(connection, [work], now)
    await publish_flow(connection, flow, now)
    return run_id


async def _keep_run(
    connection: AsyncConnection, run_id: UUID, lane: Row[Any], scheduled_for: datetime, now: datetime
) -> UUID | None:
    """The run that the lane has for this time already, None when it is the new one."""
    inserted = await connection.execute(
        text(
            """INSERT INTO flow_run (id, lane_id, epoch, scheduled_for, state, created_at)
               VALUES (:id, :lane, :epoch, :scheduled_for, 'QUEUED', :now)
               ON CONFLICT (lane_id, scheduled_for) DO NOTHING"""
        ),
        {"id": run_id, "lane": lane.id, "epoch": lane.epoch, "scheduled_for": scheduled_for, "now": now},
    )
    if inserted.rowcount:
        return None
    existing: UUID = await connection.scalar(
        text("SELECT id FROM flow_run WHERE lane_id = :lane AND scheduled_for = :at"),
        {"lane": lane.id, "at": scheduled_for},
    )
    return existing


async def run_in_new_role(connection: AsyncConnection, lane: LaneContext, now: datetime) -> UUID | None:
    """Queue a run of a lane whose last one a cut-over has ended, None when the lane rests in its new mode.

    Nothing of what the ended run had in hand was kept, so the new one reads it again: into what is live, or into twins.
    """
    flow = FlowName(lane.flow)
    return (
        await start_run(connection, flow, now, None, lane.cadence)
        if await runs(connection, flow, lane.cadence)
        else None
    )


async def _lane_to_run(connection: AsyncConnection, flow: FlowName, cadence: FlowCadence | None) -> Row[Any]:
    """The lane as it is now; others who would start a run of it wait until this transaction has ended."""
    row = (await connection.execute(text(HOLD_FLOW), {"flow": flow})).one_or_none()
    if row is None:
        raise NotFound(f"there is no flow {flow}")
    if row.planned:
        raise Invalid(f"flow {flow} is planned: nothing runs yet")
    lane = (
        await connection.execute(
            text(
                """SELECT l.id, l.cadence, l.mode, f.epoch FROM lane l JOIN information_flow f ON f.name = l.flow
                   WHERE l.flow = :flow AND CASE WHEN CAST(:cadence AS text) IS NULL THEN l.mode = 'AUTHORITATIVE'
                                                 ELSE l.cadence = CAST(:cadence AS text) END
                   FOR NO KEY UPDATE OF l"""
            ),
            {"flow": flow, "cadence": cadence},
        )
    ).one_or_none()
    if lane is None:
        raise NotFound(f"flow {flow} has no {cadence.value if cadence else 'authoritative'} lane")
    if row.target != "hub" and lane.cadence == FlowCadence.REAL_TIME:
        raise Invalid(f"flow {flow} sends each command as it comes: there is nothing to run")
    if lane.mode not in RUNNING_MODES:
        raise Invalid(f"the {lane.cadence} lane of flow {flow} is {lane.mode}: it does not run")
    return lane


def _queue(mode: LaneMode, cadence: FlowCadence) -> Queue:
    """What runs beside the authority has workers of its own, so that it never holds up what counts."""
    if mode is LaneMode.SHADOW:
        return Queue.SHADOW
    if mode is LaneMode.VERIFY:
        return Queue.VERIFY
    return Queue.REALTIME if cadence is FlowCadence.REAL_TIME else Queue(cadence.lower())
