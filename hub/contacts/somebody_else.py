"""A shared address, number or device names a customer, and who is in contact says of himself that he is another one."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.unlike import plainly_another
from hub.matching.dates import birth_of
from hub.matching.person import Written
from hub.records.customer import CustomerRecord
from hub.records.enums import PartyKind

_KNOWN = text("SELECT kind, name, given_name, family_name, birth_date FROM customer WHERE id = :id")


def said_of_himself(person: Written) -> CustomerRecord:
    """As a record of a system would tell it; a date that no calendar has is left out."""
    digits = birth_of(person.birth_date)
    try:
        born = date.fromisoformat(digits)
    except ValueError:
        born = None
    return CustomerRecord(given_name=person.given_name or None, family_name=person.family_name or None, birth_date=born)


async def is_somebody_else(connection: AsyncConnection, customer: UUID, said: CustomerRecord) -> bool:
    """Whether `said` plainly is not this customer, as two records that share a mailbox are not one person."""
    row = (await connection.execute(_KNOWN, {"id": customer})).one()
    known = CustomerRecord(
        kind=PartyKind(row.kind),
        name=row.name,
        given_name=row.given_name,
        family_name=row.family_name,
        birth_date=row.birth_date,
    )
    return plainly_another(said, known)
