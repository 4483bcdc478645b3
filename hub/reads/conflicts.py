"""Conflicts of sources over all customers, for the stewards who work them off."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TIMESTAMP, Boolean, FromClause, Select, Text, any_, cast, column, exists, func, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.conflict_tables import ConflictState, FieldConflict
from hub.customers.tables import Customer
from hub.reads.conditions import Condition, Declared, where
from hub.reads.formats import camel_case
from hub.reads.paging import Order, Page, Window, page_of, windowed
from hub.reads.parts import Part
from hub.reads.reach import Reach
from hub.reads.relations import Derived, Relation
from hub.reads.rows import fetch


@dataclass(frozen=True, slots=True)
class ConflictRow:
    """One field of one customer; `sides` and `turns` as in the table."""

    id: UUID
    customer_id: UUID
    field: str
    state: str
    contested: bool
    base: str | None
    kept: str | None
    sides: Sequence[Sequence[str]]
    turns: Sequence[Sequence[Any]]  # Any: what JSON holds
    decided_by: str | None
    decided_at: datetime | None
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ConflictConditions:
    """What listed conflicts fulfil, all of it; None leaves a condition out."""

    states: Sequence[ConflictState] | None = None
    field: str | None = None
    contested: bool | None = None


CONDITIONS: Final[Declared] = {
    "states": Condition(
        ARRAY(Text()),
        lambda states: FieldConflict.state == any_(states),
        lambda states: [state.value for state in states],
    ),
    "field": Condition(Text(), lambda field: FieldConflict.field == field),
    "contested": Condition(Boolean(), lambda contested: FieldConflict.contested == contested),
}

_rows = FieldConflict.__table__.c
# The row of a customer who was merged away sleeps.
_awake = exists(select(1).where(Customer.id == FieldConflict.customer_id))
CONFLICTS: Final = Part(
    ConflictRow, FieldConflict, Order("OPENED", (_rows["opened_at"], _rows["id"]), descending=True), (_awake,)
)


@dataclass(frozen=True, slots=True)
class SideRow:
    """What a source says, or what it said at a turn; `at` is its own time or the hub's."""

    system: str
    external_id: str
    value: str
    at: datetime


def _said(name: str) -> Relation:
    def rows(conflict: FromClause) -> Select[Any]:
        each = func.jsonb_array_elements(conflict.c[name]).table_valued(
            column("said", JSONB()), with_ordinality="turn", name="each"
        )
        said = each.render_derived(name="each").c
        words = [said.said[place].astext for place in range(4)]
        at = cast(words.pop(), TIMESTAMP(timezone=True)).label("at")
        named = (word.label(name) for word, name in zip(words, ("system", "external_id", "value"), strict=True))
        return select(*named, at).order_by(said.turn).correlate(conflict)

    return Relation(SideRow, rows)


SIDES_OF_CONFLICT: Final = _said("sides")
TURNS_OF_CONFLICT: Final = _said("turns")
FIELD_OF_CONFLICT: Final = Derived(lambda conflict: camel_case(conflict.c["field"]))


def _matching(conditions: ConflictConditions, reach: Reach) -> Select[Any]:
    return CONFLICTS.visible(reach, tuple(where(CONDITIONS, conditions)))


async def list_conflicts(
    connection: AsyncConnection, conditions: ConflictConditions, window: Window, reach: Reach
) -> Page[ConflictRow]:
    """One window of the visible conflicts that fulfil the conditions, the last that was opened first."""
    statement = windowed(_matching(conditions, reach), CONFLICTS.order, window)
    return page_of(await fetch(connection, ConflictRow, statement), window)


async def count_conflicts(connection: AsyncConnection, conditions: ConflictConditions, reach: Reach) -> int:
    """How many visible conflicts fulfil the conditions; reads them all."""
    matching = _matching(conditions, reach).subquery()
    return (await connection.execute(select(func.count()).select_from(matching))).scalar_one()


async def conflicts_by_id(connection: AsyncConnection, ids: Sequence[UUID], reach: Reach) -> Mapping[UUID, ConflictRow]:
    """Those that exist and that the caller may see."""
    statement = CONFLICTS.visible(reach, (FieldConflict.id.in_(ids),))
    return {row.id: row for row in await fetch(connection, ConflictRow, statement)}
