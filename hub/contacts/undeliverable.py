"""Addresses that did not take what was sent there: reported by whoever sent it, shown in every channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.start_session import check_words
from hub.contacts.tables import UndeliverableMedium
from hub.contacts.telling import Entry, tell
from hub.customers.normalise import normalise_email, normalise_phone
from hub.errors import Invalid, NotFound
from hub.records.contact import TimelineKind
from hub.records.enums import MediumKind
from hub.store.audit import Deed, record_deed

_HOLDERS: Final = text(
    """SELECT DISTINCT m.customer_id,
         EXISTS (SELECT FROM undeliverable_medium u WHERE u.customer_id = m.customer_id AND u.kind = :kind
           AND u.normalised = :normalised) AS known
       FROM contact_medium m JOIN customer c ON c.id = m.customer_id
       WHERE m.kind = :kind AND m.normalised = :normalised AND NOT c.deleted ORDER BY 1 LIMIT 50"""
)
"""Everybody who is reached there; a mailbox that is gone is gone for each of them."""


@dataclass(frozen=True, slots=True)
class Bounce:
    """What was not taken: `value` in any spelling, `reason` as the remote side put it."""

    kind: MediumKind
    value: str
    reason: str

    def normalised(self, region: str) -> str:
        """The one spelling; Invalid for what nobody could have, and for kinds that nothing is sent to."""
        check_words("reason", self.reason)
        match self.kind:
            case MediumKind.EMAIL:
                spelt = normalise_email(self.value)
            case MediumKind.PHONE:
                spelt = normalise_phone(self.value, region)
            case _:
                raise Invalid("an e-mail address or a phone number can be undeliverable", ("kind",))
        if spelt is None:
            raise Invalid(f"that is no {self.kind.value.lower()} anybody could have", ("value",))
        return spelt


async def report_undeliverable(
    connection: AsyncConnection, bounce: Bounce, region: str, by: str, now: datetime
) -> frozenset[UUID]:
    """Mark it at every customer who is reached there; a repeat changes nothing. NotFound where nobody is."""
    normalised = bounce.normalised(region)
    given = {"kind": bounce.kind.value, "normalised": normalised}
    holders = (await connection.execute(_HOLDERS, given)).all()
    if not holders:
        raise NotFound("nobody is reached there")
    for holder in holders:
        if holder.known:
            continue
        values = {"id": uuid4(), "customer_id": holder.customer_id, "since": now, "reported_by": by}
        await connection.execute(insert(UndeliverableMedium).values(**values, **given, reason=bounce.reason))
        kind = TimelineKind.MEDIUM_UNDELIVERABLE
        await tell(connection, Entry(kind, holder.customer_id, subject=f"{bounce.kind.value}: {bounce.reason}"), now)
        await record_deed(connection, Deed(by, "reportUndeliverable", "Customer", str(holder.customer_id)), now)
    return frozenset(holder.customer_id for holder in holders)


async def forget_undeliverable(connection: AsyncConnection, customer: UUID, kind: MediumKind, normalised: str) -> None:
    """The value is the customer's no more, so what is said of it is nothing about him."""
    await connection.execute(
        text(
            """DELETE FROM undeliverable_medium
               WHERE customer_id = :customer AND kind = :kind AND normalised = :normalised"""
        ),
        {"customer": customer, "kind": kind.value, "normalised": normalised},
    )
