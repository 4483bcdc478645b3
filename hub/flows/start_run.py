"""Start a run of a flow's authoritative lane."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Invalid, NotFound
from hub.flows.runs import publish_flow
from hub.records.identity import FlowName
from hub.work.dispatch import dispatch
from hub.work.tables import Queue
from hub.work.work import NewWork

RUN = "flow.run"
"""Kind of the dispatch rows that run a lane; payload {"run": UUID}."""


async def start_run(
    connection: AsyncConnection, flow: FlowName, now: datetime, scheduled_for: datetime | None = None
) -> UUID:
    """Queue a run, or return the one that is queued or running already; a time in `scheduled_for` runs only once.

    NotFound for an unknown flow, Invalid for one that is only planned or that sends rather than pulls.
    """
    row = (
        await connection.execute(
            text(
                """SELECT f.planned, f.target, l.id, l.cadence, f.epoch FROM information_flow f
                   LEFT JOIN lane l ON l.flow = f.name AND l.mode = 'AUTHORITATIVE' WHERE f.name = :flow
                   FOR UPDATE OF f"""
            ),
            {"flow": flow},
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no flow {flow}")
    if row.planned or row.id is None:
        raise Invalid(f"flow {flow} is planned: nothing runs yet")
    if row.target != "hub":
        raise Invalid(f"flow {flow} sends each command as it comes: there is nothing to run")
    under_way: UUID | None = await connection.scalar(
        text("SELECT id FROM flow_run WHERE lane_id = :lane AND state IN ('QUEUED', 'RUNNING', 'INTERRUPTED') LIMIT 1"),
        {"lane": row.id},
    )
    if under_way is not None:
        return under_way
    run_id = uuid4()
    inserted = await connection.execute(
        text(
            """INSERT INTO flow_run (id, lane_id, epoch, scheduled_for, state, created_at)
               VALUES (:id, :lane, :epoch, :scheduled_for, 'QUEUED', :now)
               ON CONFLICT (lane_id, scheduled_for) DO NOTHING"""
        ),
        {"id": run_id, "lane": row.id, "epoch": row.epoch, "scheduled_for": scheduled_for or now, "now": now},
    )
    if inserted.rowcount == 0:
        existing: UUID = await connection.scalar(
            text("SELECT id FROM flow_run WHERE lane_id = :lane AND scheduled_for = :at"),
            {"lane": row.id, "at": scheduled_for or now},
        )
        return existing
    queue = Queue.REALTIME if row.cadence == "REAL_TIME" else Queue(row.cadence.lower())
    work = NewWork(
        kind=RUN,
        queue=queue,
        payload={"run": str(run_id)},
        line=f"lane/{row.id}",
        dedupe_key=f"run:{run_id}",
        context={"flow": flow},
    )
    await dispatch(connection, [work], now)
    await publish_flow(connection, flow, now)
    return run_id
