"""By which id a system knows a customer; where it does not know him, he is made there first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.tables import Customer, CustomerIdentifier
from hub.exchange.want import NewObject, want_create
from hub.records.customer import ContactMediumRecord, CustomerRecord
from hub.records.enums import MediumKind, PartyKind
from hub.records.identity import Entity


@dataclass(frozen=True, slots=True)
class KnownThere:
    """Exactly one of both: his id there, or the hub's key under which he is being made there."""

    customer: str | None
    customer_key: str | None


async def known_there(connection: AsyncConnection, system: str, customer: UUID, now: datetime) -> KnownThere | None:
    """None where the system does not know him and no flow of customers leads there: it is told nothing of him.

    Orders that he be made, once, where the system does not know him and a flow of customers leads there.

    Of several ids of one customer in one system the smallest is his.
    """
    known = select(CustomerIdentifier.external_id).where(
        CustomerIdentifier.system == system, CustomerIdentifier.customer_id == customer
    )
    first = await connection.scalar(known.order_by(CustomerIdentifier.external_id).limit(1))
    if first is not None:
        return KnownThere(first, None)
    key = f"customer/{customer}"
    record = await _record(connection, customer)
    new = NewObject(system, Entity.CUSTOMER, f"{system}/{key}", str(customer))
    if await want_create(connection, new, record, now) is None:
        return None
    return KnownThere(None, f"{system}/{key}")


async def _record(connection: AsyncConnection, customer: UUID) -> CustomerRecord:
    """The golden values that a new record of him begins with."""
    columns = (Customer.kind, Customer.name, Customer.given_name, Customer.family_name, Customer.language)
    golden = (await connection.execute(select(*columns).where(Customer.id == customer))).one()
    media = await connection.execute(
        text(
            """SELECT kind, value FROM contact_medium WHERE customer_id = :id AND kind IN ('EMAIL', 'PHONE')
               ORDER BY kind, normalised LIMIT 20"""
        ),
        {"id": customer},
    )
    return CustomerRecord(
        kind=PartyKind(golden.kind),
        name=golden.name,
        given_name=golden.given_name,
        family_name=golden.family_name,
        language=golden.language,
        contact_media=tuple(
            ContactMediumRecord(external_id=str(place), kind=MediumKind(medium.kind), value=medium.value)
            for place, medium in enumerate(media, start=1)
        ),
    )
