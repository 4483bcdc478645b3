"""What really travels on a flow, and how fast the flows are that it waits for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.migration.forecast import Load
from hub.records.lanes import FlowCadence
from hub.settings.flows import Flow

LOOKED_BACK: Final = timedelta(days=28)
SHORTEST_SPAN: Final = timedelta(hours=1)

_SLOWEST_FIRST: Final = list(FlowCadence)

_RUNS: Final = text("""
SELECT count(*) AS runs, min(r.started_at) AS first, max(r.started_at) AS last,
  coalesce(sum(coalesce((r.counters->>'created')::bigint, 0) + coalesce((r.counters->>'changed')::bigint, 0)
    + coalesce((r.counters->>'deleted')::bigint, 0) + coalesce((r.counters->>'restored')::bigint, 0))
    FILTER (WHERE r.started_at > first_run.at), 0)::bigint AS changes
FROM lane l JOIN flow_run r ON r.lane_id = l.id
CROSS JOIN LATERAL (SELECT min(o.started_at) AS at FROM flow_run o WHERE o.lane_id = l.id AND o.state = 'COMPLETED')
  AS first_run
WHERE l.flow = :flow AND l.mode = 'AUTHORITATIVE' AND r.state = 'COMPLETED' AND r.started_at >= :since""")


@dataclass(frozen=True, slots=True)
class Measured:
    """The load of a flow and the completed runs it was taken from."""

    load: Load
    runs: int


async def measured(connection: AsyncConnection, flow: Flow, now: datetime) -> Measured:
    """Over the last four weeks; a lane's very first run brings everything in and says nothing of a day."""
    if not flow.inbound:
        return Measured(Load(0, await _commands_per_day(connection, flow, now)), 0)
    records = await connection.scalar(
        text("SELECT count(*) FROM source_record WHERE system = :system AND entity = :entity AND NOT deleted"),
        {"system": flow.system, "entity": flow.entity.value},
    )
    row = (await connection.execute(_RUNS, {"flow": flow.name, "since": now - LOOKED_BACK})).one()
    if row.runs < 2:
        return Measured(Load(records or 0, 0.0), row.runs)
    days = max(row.last - row.first, SHORTEST_SPAN) / timedelta(days=1)
    return Measured(Load(records or 0, row.changes / days), row.runs)


async def _commands_per_day(connection: AsyncConnection, flow: Flow, now: datetime) -> float:
    row = (
        await connection.execute(
            text(
                """SELECT count(*) AS commands, min(created_at) AS first FROM outbound_command
                   WHERE flow = :flow AND created_at >= :since"""
            ),
            {"flow": flow.name, "since": now - LOOKED_BACK},
        )
    ).one()
    if row.commands == 0:
        return 0.0
    return float(row.commands / (max(now - row.first, SHORTEST_SPAN) / timedelta(days=1)))


async def unmet_prerequisites(connection: AsyncConnection, flow: Flow, wanted: FlowCadence) -> list[str]:
    """In words: each prerequisite whose authoritative lane is slower than `wanted`, or that does not run."""
    rows = await connection.execute(
        text("SELECT flow, cadence FROM lane WHERE flow = ANY(:flows) AND mode = 'AUTHORITATIVE'"),
        {"flows": list(flow.prerequisites)},
    )
    running = {row.flow: FlowCadence(row.cadence) for row in rows}
    return [
        f"flow {name} does not run" if name not in running else f"flow {name} is {running[name].value} only"
        for name in flow.prerequisites
        if name not in running or is_faster(wanted, running[name])
    ]


async def outpacing(connection: AsyncConnection, flow: str, lane_id: int) -> list[str]:
    """In words: each flow that waits for `flow` and counts faster than this lane of it."""
    rows = await connection.execute(
        text(
            """SELECT f.name, l.cadence, own.cadence AS its FROM information_flow f
               JOIN lane l ON l.flow = f.name AND l.mode = 'AUTHORITATIVE' JOIN lane own ON own.id = :lane
               WHERE :flow = ANY(f.prerequisites) AND NOT f.planned ORDER BY f.name"""
        ),
        {"flow": flow, "lane": lane_id},
    )
    return [
        f"flow {row.name} is {row.cadence} and waits for {flow}"
        for row in rows
        if is_faster(FlowCadence(row.cadence), FlowCadence(row.its))
    ]


def is_faster(one: FlowCadence, other: FlowCadence) -> bool:
    """True when the first cadence carries more often than the second."""
    return _SLOWEST_FIRST.index(one) > _SLOWEST_FIRST.index(other)
