"""Pages of customers by name or by change, narrowed by conditions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.tables import ContactMedium, Customer, CustomerIdentifier
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


async def list_customers(
    connection: AsyncConnection, conditions: CustomerConditions, order: Order, window: Window, reach: Reach
) -> Page[CustomerRow]:
    """One window of the visible customers that fulfil the conditions."""
    statement = windowed(_matching(conditions, reach), order, window)
    return page_of(await fetch(connection, CustomerRow, statement), window)


async def count_customers(connection: AsyncConnection, conditions: CustomerConditions, reach: Reach) -> int:
    """How many visible customers fulfil the conditions; reads them all."""
    counted = select(func.count()).select_from(_matching(conditions, reach).subquery())
    return (await connection.execute(counted)).scalar_one()


def _matching(conditions: CustomerConditions, reach: Reach) -> Select[Any]:
    return select(*CUSTOMERS.columns).where(reach.allows(CUSTOMERS.column("id")), *_where(conditions))


def _where(conditions: CustomerConditions) -> Iterator[ColumnElement[bool]]:
    if conditions.name_starts_with is not None:
        yield Customer.search.startswith(conditions.name_starts_with.lower(), autoescape=True)
    if conditions.kind is not None:
        yield Customer.kind == conditions.kind.value
    if conditions.status is not None:
        yield Customer.status == conditions.status
    if conditions.system is not None:
        yield _known_in(conditions.system)
    if conditions.email is not None:
        yield _reached_by(MediumKind.EMAIL, conditions.email)
    if conditions.phone is not None:
        yield _reached_by(MediumKind.PHONE, conditions.phone)
    if conditions.changed_since is not None:
        yield Customer.updated_at >= conditions.changed_since
    if conditions.deleted is not None:
        yield Customer.deleted.is_(conditions.deleted)


def _known_in(system: str) -> ColumnElement[bool]:
    known = select(CustomerIdentifier.customer_id).where(CustomerIdentifier.system == system)
    return Customer.id.in_(known)


def _reached_by(kind: MediumKind, normalised: str) -> ColumnElement[bool]:
    reached = select(ContactMedium.customer_id)
    return Customer.id.in_(reached.where(ContactMedium.kind == kind.value, ContactMedium.normalised == normalised))
