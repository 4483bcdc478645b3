"""Pages of customers by name or by change, narrowed by conditions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from functools import partial
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TIMESTAMP, Boolean, ColumnElement, Select, Text, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.tables import ContactMedium, Customer, CustomerIdentifier
from hub.reads.conditions import Condition, Declared, beginning_with, where
from hub.reads.customers import CUSTOMERS, CustomerRow
from hub.reads.paging import Order, Page, Window, page_of, windowed
from hub.reads.reach import Reach
from hub.reads.rows import fetch
from hub.records.enums import MediumKind, PartyKind


class CustomerOrder(Enum):
    """The orders a list of customers can have; each is an index."""

    NAME = Order("NAME", (CUSTOMERS.column("search"), CUSTOMERS.column("id")))
    NEWEST_CHANGE = Order("NEWEST_CHANGE", (CUSTOMERS.column("updated_at"), CUSTOMERS.column("id")), descending=True)


@dataclass(frozen=True, slots=True)
class CustomerConditions:
    """What listed customers fulfil, all of it; None leaves a condition out. E-mail and phone are normalised ones."""

    name_starts_with: str | None = None
    kind: PartyKind | None = None
    status: str | None = None
    system: str | None = None
    email: str | None = None
    phone: str | None = None
    changed_since: datetime | None = None
    deleted: bool | None = None


def _in_any(values: Select[UUID]) -> ColumnElement[bool]:
    return Customer.id.in_(values)


def _reached_by(kind: MediumKind, normalised: ColumnElement[str]) -> ColumnElement[bool]:
    reached = select(ContactMedium.customer_id)
    return _in_any(reached.where(ContactMedium.kind == kind.value, ContactMedium.normalised == normalised))


def _known_in(system: ColumnElement[str]) -> ColumnElement[bool]:
    return _in_any(select(CustomerIdentifier.customer_id).where(CustomerIdentifier.system == system))


CONDITIONS: Final[Declared] = {
    "name_starts_with": Condition(
        Text(), lambda name: Customer.search.like(name, escape="/"), lambda name: beginning_with(name.lower())
    ),
    "kind": Condition(Text(), lambda kind: Customer.kind == kind, lambda kind: kind.value),
    "status": Condition(Text(), lambda status: Customer.status == status),
    "system": Condition(Text(), _known_in),
    "email": Condition(Text(), partial(_reached_by, MediumKind.EMAIL)),
    "phone": Condition(Text(), partial(_reached_by, MediumKind.PHONE)),
    "changed_since": Condition(TIMESTAMP(timezone=True), lambda time: Customer.updated_at >= time),
    "deleted": Condition(Boolean(), lambda deleted: Customer.deleted == deleted),
}


async def list_customers(
    connection: AsyncConnection, conditions: CustomerConditions, order: Order, window: Window, reach: Reach
) -> Page[CustomerRow]:
    """One window of the visible customers that fulfil the conditions."""
    statement = windowed(matching(where(CONDITIONS, conditions), reach), order, window)
    return page_of(await fetch(connection, CustomerRow, statement), window)


async def count_customers(connection: AsyncConnection, conditions: CustomerConditions, reach: Reach) -> int:
    """How many visible customers fulfil the conditions; reads them all."""
    counted = select(func.count()).select_from(matching(where(CONDITIONS, conditions), reach).subquery())
    return (await connection.execute(counted)).scalar_one()


def matching(clauses: Iterable[ColumnElement[bool]], reach: Reach) -> Select[Any]:
    """The visible customers that fulfil the clauses."""
    return select(*CUSTOMERS.columns).where(reach.allows(CUSTOMERS.column("id")), *clauses)
