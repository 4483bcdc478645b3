"""By which id a system knows a customer; where it does not know him, he is made there first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.outbound_flow import flow_to
from hub.exchange.want import NewObject, want_creates
from hub.records.customer import ContactMediumRecord, CustomerRecord
from hub.records.enums import MediumKind, PartyKind
from hub.records.identity import Entity

MEDIA_MAX: Final = 20
"""E-mail addresses and phone numbers that a new record begins with."""

_KNOWN = text(
    """SELECT customer_id, min(external_id) AS external_id FROM customer_identifier
       WHERE system = :system AND customer_id = ANY(:customers) GROUP BY customer_id"""
)

_GOLDEN = text("SELECT id, kind, name, given_name, family_name, language FROM customer WHERE id = ANY(:customers)")

_MEDIA = text(
    """SELECT customer_id, kind, value FROM contact_medium
       WHERE customer_id = ANY(:customers) AND kind IN ('EMAIL', 'PHONE') ORDER BY customer_id, kind, normalised"""
)


@dataclass(frozen=True, slots=True)
class KnownThere:
    """Exactly one of both: his id there, or the hub's key under which he is being made there."""

    customer: str | None
    customer_key: str | None


async def known_there(connection: AsyncConnection, system: str, customer: UUID, now: datetime) -> KnownThere | None:
    """As `all_known_there`; None where the system is told nothing of him."""
    return (await all_known_there(connection, system, [customer], now)).get(customer)


async def all_known_there(
    connection: AsyncConnection, system: str, customers: Sequence[UUID], now: datetime
) -> Mapping[UUID, KnownThere]:
    """Without those whom the system does not know where no flow of customers leads there: it is told nothing of them.

    Orders that who is not known be made, once, where a flow of customers leads there.

    Of several ids of one customer in one system the smallest is his.
    """
    rows = await connection.execute(_KNOWN, {"system": system, "customers": list(customers)})
    known = {row.customer_id: KnownThere(row.external_id, None) for row in rows}
    unknown = [customer for customer in dict.fromkeys(customers) if customer not in known]
    if not unknown or await flow_to(connection, system, Entity.CUSTOMER) is None:
        return known
    records = await _records(connection, unknown)
    keys = {customer: f"{system}/customer/{customer}" for customer in unknown}
    new = [(NewObject(system, Entity.CUSTOMER, keys[one], str(one)), records[one]) for one in unknown]
    await want_creates(connection, new, now)
    return known | {customer: KnownThere(None, key) for customer, key in keys.items()}


async def _records(connection: AsyncConnection, customers: Sequence[UUID]) -> Mapping[UUID, CustomerRecord]:
    """The golden values that a new record of each begins with."""
    binds = {"customers": list(customers)}
    media: dict[UUID, list[ContactMediumRecord]] = defaultdict(list)
    for row in await connection.execute(_MEDIA, binds):
        held = media[row.customer_id]
        if len(held) < MEDIA_MAX:
            place = str(len(held) + 1)
            held.append(ContactMediumRecord(external_id=place, kind=MediumKind(row.kind), value=row.value))
    return {
        golden.id: CustomerRecord(
            kind=PartyKind(golden.kind),
            name=golden.name,
            given_name=golden.given_name,
            family_name=golden.family_name,
            language=golden.language,
            contact_media=tuple(media[golden.id]),
        )
        for golden in await connection.execute(_GOLDEN, binds)
    }
