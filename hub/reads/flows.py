"""Information flows with their lanes, and how far each is behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.tables import InformationFlow
from hub.reads.rows import Shape, fetch

_PROGRESS = text("""
SELECT l.flow, max(r.started_at) FILTER (WHERE l.mode = 'AUTHORITATIVE'), coalesce(sum(q.open), 0)::int
  FROM lane l
  LEFT JOIN LATERAL (
    SELECT started_at FROM flow_run WHERE lane_id = l.id AND state = 'COMPLETED' ORDER BY created_at DESC LIMIT 1
  ) AS r ON true
  LEFT JOIN LATERAL (SELECT count(*) AS open FROM quarantine WHERE lane_id = l.id AND state = 'OPEN') AS q ON true
 WHERE l.flow = ANY(:flows)
 GROUP BY l.flow
""")


_LANES = text("""
SELECT l.id, l.flow, l.cadence, l.mode, s.cron, s.time_zone, CASE WHEN s.enabled THEN s.next_run_at END,
       CASE WHEN l.cadence <> 'REAL_TIME' OR f.target <> 'hub' THEN NULL
            WHEN s.cron IS NULL THEN 'PUSH' ELSE 'POLL' END
  FROM lane l JOIN information_flow f ON f.name = l.flow
  LEFT JOIN schedule s ON s.name = 'lane:' || l.flow || ':' || l.cadence
 WHERE l.flow = ANY(:flows)
 ORDER BY l.flow, l.id
""")


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A flow's road at one cadence; `cron` is read in `time_zone`, None where nothing is scheduled.

    `road` tells of a REAL_TIME lane into the hub how it hears of changes: PUSH or POLL.
    """

    id: int
    flow: str
    cadence: str
    mode: str
    cron: str | None
    time_zone: str | None
    next_run_at: datetime | None
    road: str | None


@dataclass(frozen=True, slots=True)
class FlowRow:
    """One exchange; `planned` ones are declared and carry nothing yet."""

    name: str
    business_flow: int
    title: str
    planned: bool
    entity: str | None
    source: str | None
    target: str | None
    epoch: int


@dataclass(frozen=True, slots=True)
class FlowProgress:
    """`complete_until`: everything the source had by then is in the hub, None before the first complete run."""

    complete_until: datetime | None
    quarantined: int


FLOWS: Final = Shape(FlowRow, InformationFlow)
NOTHING_DONE: Final = FlowProgress(None, 0)


async def list_flows(connection: AsyncConnection) -> Sequence[FlowRow]:
    """All flows in the order of the business model; hub.yaml bounds their number."""
    order = (InformationFlow.business_flow, InformationFlow.name)
    return await fetch(connection, FlowRow, select(*FLOWS.columns).order_by(*order))


async def flows_by_name(connection: AsyncConnection, names: Sequence[str]) -> Mapping[str, FlowRow]:
    """The flows with these names that hub.yaml knows."""
    statement = select(*FLOWS.columns).where(InformationFlow.name.in_(names))
    return {row.name: row for row in await fetch(connection, FlowRow, statement)}


async def progress_of(connection: AsyncConnection, flows: Sequence[str]) -> Mapping[str, FlowProgress]:
    """How far each flow has come; one without lanes has done nothing."""
    found = {
        flow: FlowProgress(complete_until, quarantined)
        for flow, complete_until, quarantined in await connection.execute(_PROGRESS, {"flows": list(flows)})
    }
    return {flow: found.get(flow, NOTHING_DONE) for flow in flows}


async def lanes_of(connection: AsyncConnection, flows: Sequence[str]) -> Mapping[str, Sequence[LaneRow]]:
    """The lanes of each flow with their schedules."""
    found: dict[str, list[LaneRow]] = {flow: [] for flow in flows}
    for record in await connection.execute(_LANES, {"flows": list(found)}):
        lane = LaneRow(*record)
        found[lane.flow].append(lane)
    return found
