"""Golden customers by id, and by what recognises them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.tables import ContactMedium, Customer, CustomerAlias, CustomerIdentifier
from hub.reads.reach import Reach
from hub.reads.rows import Shape, fetch
from hub.records.enums import MediumKind


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
    search: str
    deleted: bool
    version: int
    created_at: datetime
    updated_at: datetime


CUSTOMERS: Final = Shape(CustomerRow, Customer)


async def customers_by_id(connection: AsyncConnection, ids: Sequence[UUID], reach: Reach) -> Mapping[UUID, CustomerRow]:
    """Visible customers by the id asked for; an id that was merged away gives the customer it stands for now."""
    aliases = select(CustomerAlias.alias_id, CustomerAlias.current_id).where(CustomerAlias.alias_id.in_(ids))
    current_of = dict((await connection.execute(aliases)).all())
    current_ids = {current_of.get(asked, asked) for asked in ids}
    statement = select(*CUSTOMERS.columns).where(Customer.id.in_(current_ids), reach.allows(CUSTOMERS.column("id")))
    rows = {row.id: row for row in await fetch(connection, CustomerRow, statement)}
    return {asked: row for asked in ids if (row := rows.get(current_of.get(asked, asked)))}


async def customers_by_medium(
    connection: AsyncConnection, kind: MediumKind, normalised: str, reach: Reach, limit: int
) -> Sequence[CustomerRow]:
    """Up to `limit` living customers who are reached by this e-mail address or phone, in its normalised spelling."""
    statement = (
        select(*CUSTOMERS.columns)
        .join(ContactMedium, ContactMedium.customer_id == Customer.id)
        .where(ContactMedium.kind == kind.value, ContactMedium.normalised == normalised)
        .where(~Customer.deleted, reach.allows(CUSTOMERS.column("id")))
    )
    return await fetch(connection, CustomerRow, statement.order_by(Customer.id).limit(limit))


async def customer_by_external_id(
    connection: AsyncConnection, system: str, external_id: str, reach: Reach
) -> CustomerRow | None:
    """The customer that a system knows by this id, also when it is marked deleted."""
    statement = (
        select(*CUSTOMERS.columns)
        .join(CustomerIdentifier, CustomerIdentifier.customer_id == Customer.id)
        .where(CustomerIdentifier.system == system, CustomerIdentifier.external_id == external_id)
        .where(reach.allows(CUSTOMERS.column("id")))
    )
    return next(iter(await fetch(connection, CustomerRow, statement)), None)
