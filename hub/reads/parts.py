"""What customers have, for many customers in one statement: orders, leads, media and the rest alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, TableValuedAlias, Uuid, any_, column, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from hub.reads.paging import Order, Page, Window, page_of, sorting, windowed
from hub.reads.reach import ONLY, Reach, reach_of_callers
from hub.reads.rows import Shape, fetch
from hub.store.statement import Statement, parameter, written
from hub.store.straight import Fetch, within

RowT = TypeVar("RowT")
RowT_co = TypeVar("RowT_co", covariant=True)

Conditions = tuple[ColumnElement[bool], ...]


@dataclass(frozen=True, eq=False)
class Part(Shape[RowT_co], Generic[RowT_co]):
    """A kind of thing whose rows name their customer in `customer_id`; the row class has that field and `id`."""

    order: Order
    living: Conditions = ()
    """What a row must fulfil to be shown at all."""

    def visible(self, reach: Reach, conditions: Conditions = ()) -> Select[Any]:
        """All rows the caller may see."""
        return select(*self.columns).where(reach.allows(self.column("customer_id")), *self.living, *conditions)


async def pages_of(
    connection: AsyncConnection,
    part: Part[RowT],
    customers: Sequence[UUID],
    reach: Reach,
    window: Window,
    conditions: Conditions = (),
) -> Mapping[UUID, Page[RowT]]:
    """The same window of each customer's own list; one without rows gets an empty page."""
    asked = asked_for(customers, Uuid())
    own = windowed(part.visible(reach, (*conditions, part.column("customer_id") == asked.c.key)), part.order, window)
    lateral = own.lateral("own")
    sort_keys = [lateral.c[key.key or ""] for key in part.order.columns]
    statement = select(*lateral.c).select_from(asked, lateral).order_by(*sorting(sort_keys, part.order, window))
    found: dict[UUID, list[RowT]] = {customer: [] for customer in customers}
    for row in await fetch(connection, part.row, statement):
        found[row.customer_id].append(row)  # type: ignore[attr-defined]  # every part's row has it
    return {customer: page_of(rows, window) for customer, rows in found.items()}


async def counts_of(
    connection: AsyncConnection,
    part: Part[RowT],
    customers: Sequence[UUID],
    reach: Reach,
    conditions: Conditions = (),
) -> Mapping[UUID, int]:
    """How long each customer's own list is, 0 where there is none."""
    owner = part.column("customer_id")
    counted = part.visible(reach, (*conditions, owner.in_(customers))).with_only_columns(owner, func.count())
    counts: dict[UUID, int] = dict((await connection.execute(counted.group_by(owner))).all())
    return {customer: counts.get(customer, 0) for customer in customers}


async def parts_by_id(
    connection: AsyncConnection, part: Part[RowT], ids: Sequence[UUID], reach: Reach
) -> Mapping[UUID, RowT]:
    """As `parts_read`, in the transaction of `connection`."""
    return await parts_read(within(connection), part, ids, reach)


async def parts_read(fetched: Fetch, part: Part[RowT], ids: Sequence[UUID], reach: Reach) -> Mapping[UUID, RowT]:
    """The rows with these ids that exist and that the caller may see."""
    statement = _by_id(part, alone=reach.only is not None)
    rows = await fetched(statement.sql, statement.arguments({"ids": list(ids), ONLY: reach.only}))
    found = [part.row(*row) for row in rows]
    return {row.id: row for row in found}  # type: ignore[attr-defined]  # every part's row has it


@cache
def _by_id(part: Part[Any], *, alone: bool) -> Statement:
    """Written once: its words are the same for all ids and callers, and finding them costs more than running it."""
    asked = part.column("id") == any_(parameter("ids", ARRAY(Uuid())))
    return written(part.visible(reach_of_callers(alone=alone), (asked,)))


def asked_for(keys: Sequence[object], kind: TypeEngine[Any]) -> TableValuedAlias:
    """Distinct keys as the table asked(key), for a LATERAL to answer each."""
    values = literal(list(dict.fromkeys(keys)), ARRAY(kind))
    return func.unnest(values).table_valued(column("key", kind), name="asked").render_derived(name="asked")
