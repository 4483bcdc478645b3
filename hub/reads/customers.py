"""Golden customers by id, and by what recognises them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Numeric, Select, Text, Uuid, and_, cast, column, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.tables import ContactMedium, Customer, CustomerAlias, CustomerIdentifier
from hub.reads.reach import ONLY, Reach, current_id, reach_of_callers
from hub.reads.rows import Shape, fetch
from hub.records.enums import MediumKind
from hub.store.statement import Statement, parameter, written
from hub.store.straight import Fetch, within


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A golden customer; `search` is the lower-cased name that lists are ordered by."""

    id: UUID
    kind: str
    name: str | None
    given_name: str | None
    family_name: str | None
    birth_date: date | None
    language: str | None
    status: str | None
    customer_number: str | None
    tone: str | None
    preferred_channel: str | None
    value_class: str | None
    lifetime_value: Decimal | None
    lifetime_value_currency: str | None
    search: str
    deleted: bool
    version: int
    created_at: datetime
    updated_at: datetime


_worth: Final = Customer.__table__.c["lifetime_value"]

CUSTOMERS: Final = Shape(
    CustomerRow,
    Customer,
    computed={
        "lifetime_value": cast(func.split_part(_worth, " ", 1), Numeric()),
        "lifetime_value_currency": func.split_part(_worth, " ", 2, type_=Text()),
    },
)

Given: TypeAlias = str | ColumnElement[Any]
"""A value, or the parameter that it will be bound to."""


async def customers_by_id(connection: AsyncConnection, ids: Sequence[UUID], reach: Reach) -> Mapping[UUID, CustomerRow]:
    """As `customers_read`, in the transaction of `connection`."""
    return await customers_read(within(connection), ids, reach)


async def customers_read(fetched: Fetch, ids: Sequence[UUID], reach: Reach) -> Mapping[UUID, CustomerRow]:
    """Visible customers by the id asked for; an id that was merged away gives the customer it stands for now."""
    statement = _by_id(alone=reach.only is not None)
    rows = await fetched(statement.sql, statement.arguments({"ids": list(dict.fromkeys(ids)), ONLY: reach.only}))
    return {key: CustomerRow(*columns) for key, *columns in rows}


@cache
def _by_id(*, alone: bool) -> Statement:
    asked = func.unnest(parameter("ids", ARRAY(Uuid()))).table_valued(column("key", Uuid()), name="asked")
    asked = asked.render_derived(name="asked")
    current = func.coalesce(CustomerAlias.current_id, asked.c["key"])
    identity = CUSTOMERS.column("id")
    return written(
        select(asked.c["key"], *CUSTOMERS.columns)
        .select_from(asked)
        .outerjoin(CustomerAlias.__table__, CustomerAlias.alias_id == asked.c["key"])
        .join(Customer.__table__, and_(identity == current, reach_of_callers(alone=alone).allows(identity)))
    )


def reached_by(kind: MediumKind, normalised: Given, reach: Reach) -> Select[Any]:
    """Visible living customers who are reached by this e-mail address or phone, in its normalised spelling."""
    return (
        select(*CUSTOMERS.columns)
        .join(ContactMedium, ContactMedium.customer_id == Customer.id)
        .where(ContactMedium.kind == kind.value, ContactMedium.normalised == normalised)
        .where(~Customer.deleted, reach.allows(CUSTOMERS.column("id")))
        .order_by(Customer.id)
    )


def known_as(system: Given, external_id: Given, reach: Reach) -> Select[Any]:
    """The visible customer that a system knows by this id, also when it is marked deleted."""
    return (
        select(*CUSTOMERS.columns)
        .join(CustomerIdentifier, CustomerIdentifier.customer_id == Customer.id)
        .where(CustomerIdentifier.system == system, CustomerIdentifier.external_id == external_id)
        .where(reach.allows(CUSTOMERS.column("id")))
    )


def standing_for(customer_id: ColumnElement[UUID], reach: Reach) -> Select[Any]:
    """The visible customer that an id stands for now."""
    identity = CUSTOMERS.column("id")
    return select(*CUSTOMERS.columns).where(identity == current_id(customer_id), reach.allows(identity))


async def customers_by_medium(
    connection: AsyncConnection, kind: MediumKind, normalised: str, reach: Reach, limit: int
) -> Sequence[CustomerRow]:
    """Up to `limit` customers of `reached_by`."""
    return await fetch(connection, CustomerRow, reached_by(kind, normalised, reach).limit(limit))


async def customer_by_external_id(
    connection: AsyncConnection, system: str, external_id: str, reach: Reach
) -> CustomerRow | None:
    """The customer of `known_as`."""
    return next(iter(await fetch(connection, CustomerRow, known_as(system, external_id, reach))), None)
