"""How fresh each system's part of a customer is, so that a view can be honest about a package that is down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TIMESTAMP, Boolean, FromClause, Select, Text, Uuid, column, select, text, true
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.reads.parts import asked_for
from hub.reads.reach import Reach
from hub.reads.rows import fetch
from hub.records.lanes import FlowCadence
from hub.records.states import SystemState

MAY_BE_OLD: Final[Mapping[FlowCadence, timedelta]] = {
    FlowCadence.REAL_TIME: timedelta(minutes=5),
    FlowCadence.HOURLY: timedelta(hours=2),
    FlowCadence.DAILY: timedelta(hours=36),
    FlowCadence.WEEKLY: timedelta(days=9),
}
"""How old an observation may be before it is stale: one run may be late, a second one may not be missing."""

_STALE = " ".join(
    f"WHEN '{cadence}' THEN interval '{age.total_seconds():.0f} seconds'" for cadence, age in MAY_BE_OLD.items()
)

# A system that hub.yaml no longer names keeps its customers and brings nothing new: it counts as switched off.
_SOURCES: Final = f"""
SELECT DISTINCT ON (said.system)
       asked.key AS customer_id, said.system, coalesce(c.state, '{SystemState.DISABLED}') AS state, said.as_of,
       greatest(said.observed_at, lanes.started_at) AS observed_at, lanes.cadence,
       coalesce(c.state, '{SystemState.DISABLED}') IN ('{SystemState.SUSPENDED}', '{SystemState.DISABLED}')
         OR coalesce(CAST(:now AS timestamptz) - greatest(said.observed_at, lanes.started_at)
                       > CASE lanes.cadence {_STALE} END, false) AS stale,
       c.last_error_code
  FROM (
    SELECT i.system, max(s.as_of) AS as_of, max(s.observed_at) AS observed_at
      FROM customer_identifier i CROSS JOIN LATERAL (
        SELECT as_of, observed_at FROM source_record
         WHERE system = i.system AND entity = 'customer' AND external_id = i.external_id
        UNION ALL
        SELECT as_of, observed_at FROM source_record WHERE system = i.system AND owner = i.external_id
      ) AS s
     WHERE i.customer_id = asked.key
     GROUP BY i.system
  ) AS said
  LEFT JOIN connected_system c ON c.name = said.system
  LEFT JOIN LATERAL (
    SELECT l.cadence, r.started_at
      FROM information_flow f
      JOIN lane l ON l.flow = f.name AND l.mode = 'AUTHORITATIVE'
      LEFT JOIN LATERAL (
        SELECT started_at FROM flow_run
         WHERE lane_id = l.id AND state = 'COMPLETED' ORDER BY created_at DESC LIMIT 1
      ) AS r ON true
     WHERE f.source = said.system AND f.entity = 'customer'
  ) AS lanes ON true
 ORDER BY said.system, lanes.cadence
"""  # noqa: S608 - of words of our own


@dataclass(frozen=True, slots=True)
class SourceRow:
    """One system's part of one customer; `observed_at` is when the hub last knew it to be current.

    `stale` by the cadence of the flow that brings the system's customers, or because the system cannot be reached.
    """

    customer_id: UUID
    system: str
    state: str
    as_of: datetime
    observed_at: datetime
    cadence: str | None
    stale: bool
    last_error_code: str | None


def sources_beside(asked: FromClause) -> Select[Any]:
    """The systems that know each customer of asked(key), by name; `now` is a parameter."""
    told = text(_SOURCES).columns(
        column("customer_id", Uuid()),
        column("system", Text()),
        column("state", Text()),
        column("as_of", TIMESTAMP(timezone=True)),
        column("observed_at", TIMESTAMP(timezone=True)),
        column("cadence", Text()),
        column("stale", Boolean()),
        column("last_error_code", Text()),
    )
    own = told.lateral("told")
    return select(*own.c).select_from(asked).join(own, true()).order_by(own.c.customer_id, own.c.system)


async def sources_of(
    connection: AsyncConnection, customers: Sequence[UUID], reach: Reach, now: datetime
) -> Mapping[UUID, Sequence[SourceRow]]:
    """Per customer the systems that know him, by name."""
    found: dict[UUID, list[SourceRow]] = {customer: [] for customer in customers}
    asked = asked_for(customers, Uuid())
    statement = sources_beside(asked).where(reach.allows(asked.c.key)).params(now=now)
    for row in await fetch(connection, SourceRow, statement):
        found[row.customer_id].append(row)
    return found
