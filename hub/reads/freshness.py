"""How fresh one part of a view is: when the hub saw it, how often it is brought, and whether it is overdue."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    TIMESTAMP,
    ColumnElement,
    FromClause,
    Interval,
    Select,
    Text,
    bindparam,
    case,
    cast,
    column,
    false,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.introduce import SELF
from hub.exchange.tables import ConnectedSystem, InformationFlow, Lane
from hub.flows.tables import FlowRun
from hub.reads.relations import Relation
from hub.reads.rows import fetch
from hub.reads.sources import MAY_BE_OLD
from hub.records.identity import Entity
from hub.records.lanes import LaneMode
from hub.records.states import RunState, SystemState
from hub.store.tables import SourceRecord

_TIME: Final = TIMESTAMP(timezone=True)


@dataclass(frozen=True, slots=True)
class FreshnessRow:
    """`observed_at` is when the hub last knew the part to be current; `cadence` None where no flow brings it."""

    observed_at: datetime
    cadence: str | None
    stale: bool


class Told(NamedTuple):
    """What tells of a part: a system's record of a kind. `observed_at` None: that of the customer's record there."""

    entity: Entity
    system: str
    external_id: str
    observed_at: datetime | None


def freshness_of(entity: Entity) -> Relation:
    """Beside a part of that kind, whose row has `system`, `external_id` and, unless a customer's own, `observed_at`."""
    return Relation(FreshnessRow, lambda part: _beside(part, entity).correlate(part))


def _beside(part: FromClause, entity: Entity) -> Select[Any]:
    road = _road(part.c["system"], entity).correlate(part).lateral("road")
    system = ConnectedSystem.__table__.alias("said_by")
    observed = func.greatest(_seen(part), road.c.started_at, type_=_TIME)
    own = part.c["system"] == literal(SELF, Text())
    out_of_reach = func.coalesce(system.c.state, SystemState.DISABLED.value).in_(
        [SystemState.SUSPENDED.value, SystemState.DISABLED.value]
    )
    now = bindparam("now", type_=_TIME, required=True)
    overdue = func.coalesce(now - observed > _may_be_old(road.c.cadence), false())
    stale = case((own, false()), else_=out_of_reach | overdue)
    one = select(literal(1).label("one")).subquery("one")
    return select(observed.label("observed_at"), road.c.cadence, stale.label("stale")).select_from(
        one.outerjoin(road, true()).outerjoin(system, system.c.name == part.c["system"])
    )


def _road(system: ColumnElement[str], entity: Entity) -> Select[*tuple[Any, ...]]:
    """The lane that counts of the flow that brings this kind from the system, and when its last run began."""
    last = (
        select(FlowRun.started_at)
        .where(FlowRun.lane_id == Lane.id, FlowRun.state == RunState.COMPLETED.value)
        .order_by(FlowRun.created_at.desc())
        .limit(1)
        .correlate(Lane.__table__)
        .scalar_subquery()
    )
    return (
        select(Lane.cadence, last.label("started_at"))
        .join(InformationFlow, InformationFlow.name == Lane.flow)
        .where(InformationFlow.source == system, InformationFlow.entity == entity.value)
        .where(Lane.mode == LaneMode.AUTHORITATIVE.value)
        .order_by(Lane.cadence)
        .limit(1)
    )


def _seen(part: FromClause) -> ColumnElement[datetime]:
    record = SourceRecord.__table__.alias("said")
    looked_up = (
        select(record.c.observed_at)
        .where(record.c.system == part.c["system"], record.c.entity == Entity.CUSTOMER.value)
        .where(record.c.external_id == part.c["external_id"])
        .correlate(part)
        .scalar_subquery()
    )
    told = func.coalesce(part.c["observed_at"], looked_up) if "observed_at" in part.c else looked_up
    # A record that is gone told of its part when that was last true.
    return func.coalesce(told, part.c["as_of"]) if "as_of" in part.c else told


def _may_be_old(cadence: ColumnElement[str]) -> ColumnElement[Any]:
    ages = [
        (cadence == known.value, cast(literal(f"{age.total_seconds():.0f} seconds", Text()), Interval()))
        for known, age in MAY_BE_OLD.items()
    ]
    return case(*ages)


async def freshness_for(
    connection: AsyncConnection, parts: Sequence[Told], now: datetime
) -> Mapping[Told, FreshnessRow]:
    """Of each of these; they must have been read under the caller's reach."""
    of_entity: dict[Entity, list[Told]] = defaultdict(list)
    for part in dict.fromkeys(parts):
        of_entity[part.entity].append(part)
    found: dict[Told, FreshnessRow] = {}
    for entity, told in of_entity.items():
        asked = _asked(told)
        fresh = _beside(asked, entity).correlate(asked).lateral("fresh")
        statement = select(*fresh.c).select_from(asked.join(fresh, true())).order_by(asked.c.place).params(now=now)
        found |= dict(zip(told, await fetch(connection, FreshnessRow, statement), strict=True))
    return found


def _asked(parts: Sequence[Told]) -> FromClause:
    columns = (
        literal([part.system for part in parts], ARRAY(Text())),
        literal([part.external_id for part in parts], ARRAY(Text())),
        literal([part.observed_at for part in parts], ARRAY(_TIME)),
    )
    names = (column("system", Text()), column("external_id", Text()), column("observed_at", _TIME))
    asked = func.unnest(*columns).table_valued(*names, with_ordinality="place", name="asked")
    return asked.render_derived(name="asked")
