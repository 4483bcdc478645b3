"""How fresh each system's part of a customer is, so that a view can be honest about a package that is down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.reads.reach import Reach
from hub.records.lanes import FlowCadence
from hub.records.states import SystemState

MAY_BE_OLD: Final[Mapping[FlowCadence, timedelta]] = {
    FlowCadence.REAL_TIME: timedelta(minutes=5),
    FlowCadence.HOURLY: timedelta(hours=2),
    FlowCadence.DAILY: timedelta(hours=36),
    FlowCadence.WEEKLY: timedelta(days=9),
}
"""How old an observation may be before it is stale: one run may be late, a second one may not be missing."""

_SOURCES = text("""
WITH known AS (
  SELECT customer_id, system, external_id FROM customer_identifier
   WHERE customer_id = ANY(:customers)
     AND (CAST(:only AS uuid) IS NULL OR customer_id = coalesce(
           (SELECT current_id FROM customer_alias WHERE alias_id = :only), :only))
), said AS (
  SELECT known.customer_id, known.system, max(s.as_of) AS as_of, max(s.observed_at) AS observed_at
    FROM known CROSS JOIN LATERAL (
      SELECT as_of, observed_at FROM source_record
       WHERE system = known.system AND entity = 'customer' AND external_id = known.external_id
      UNION ALL
      SELECT as_of, observed_at FROM source_record WHERE system = known.system AND owner = known.external_id
    ) AS s
   GROUP BY known.customer_id, known.system
), lanes AS (
  SELECT f.source AS system, l.cadence, r.started_at
    FROM information_flow f
    JOIN lane l ON l.flow = f.name AND l.mode = 'AUTHORITATIVE'
    LEFT JOIN LATERAL (
      SELECT started_at FROM flow_run
       WHERE lane_id = l.id AND state = 'COMPLETED' ORDER BY created_at DESC LIMIT 1
    ) AS r ON true
   WHERE f.source IN (SELECT system FROM said) AND f.entity = 'customer'
)
SELECT said.customer_id, said.system, c.state, said.as_of, greatest(said.observed_at, lanes.started_at),
       lanes.cadence, c.last_error_code
  FROM said
  LEFT JOIN connected_system c ON c.name = said.system
  LEFT JOIN lanes ON lanes.system = said.system
 ORDER BY said.customer_id, said.system, lanes.cadence
""")


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """One system's part of one customer; `observed_at` is when the hub last knew it to be current.

    `stale` by the cadence of the flow that brings the system's customers, or because the system cannot be reached.
    """

    customer_id: UUID
    system: str
    state: SystemState
    as_of: datetime
    observed_at: datetime
    cadence: FlowCadence | None
    stale: bool
    last_error_code: str | None


async def sources_of(
    connection: AsyncConnection, customers: Sequence[UUID], reach: Reach, now: datetime
) -> Mapping[UUID, Sequence[SourceStatus]]:
    """Per customer the systems that know him, by name."""
    found: dict[UUID, dict[str, SourceStatus]] = {customer: {} for customer in customers}
    for record in await connection.execute(_SOURCES, {"customers": list(found), "only": reach.only}):
        customer_id, system, state, as_of, observed_at, cadence, error_code = record
        # A system that hub.yaml no longer names keeps its customers and brings nothing new.
        reached = SystemState.DISABLED if state is None else SystemState(state)
        known = None if cadence is None else FlowCadence(cadence)
        stale = _stale(reached, known, now - observed_at)
        status = SourceStatus(customer_id, system, reached, as_of, observed_at, known, stale, error_code)
        found[customer_id].setdefault(system, status)
    return {customer: list(by_system.values()) for customer, by_system in found.items()}


def _stale(state: SystemState, cadence: FlowCadence | None, age: timedelta) -> bool:
    if state in (SystemState.SUSPENDED, SystemState.DISABLED):
        return True
    return cadence is not None and age > MAY_BE_OLD[cadence]
