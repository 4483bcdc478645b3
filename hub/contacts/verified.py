"""That an address or number is the customer's: found out by whoever reached him there, shown in every channel."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.start_session import check_words
from hub.contacts.tables import VerifiedMedium
from hub.contacts.undeliverable import forget_undeliverable
from hub.errors import Invalid, NotFound
from hub.live.changes import Change
from hub.live.publish import publish
from hub.records.enums import MediumKind
from hub.store.audit import Deed, record_deed

_MEDIUM: Final = text("SELECT customer_id, kind, normalised FROM contact_medium WHERE id = :id")


async def verify_medium(connection: AsyncConnection, medium: UUID, method: str, by: str, now: datetime) -> UUID:
    """Mark it, and forget that it was undeliverable; returns whose it is.

    NotFound for no such medium; Invalid for a kind that nobody is reached by, or a method without words.
    """
    row = (await connection.execute(_MEDIUM, {"id": medium})).one_or_none()
    if row is None:
        raise NotFound(f"there is no contact medium {medium}")
    check_words("method", method)
    if row.kind not in (MediumKind.EMAIL, MediumKind.PHONE):
        raise Invalid("an e-mail address or a phone number can be verified", ("contactMediumId",))
    place = {"customer_id": row.customer_id, "kind": row.kind, "normalised": row.normalised}
    await connection.execute(insert(VerifiedMedium).values(id=uuid4(), **place, method=method, at=now, verified_by=by))
    await forget_undeliverable(connection, row.customer_id, MediumKind(row.kind), row.normalised)
    await publish(connection, [Change("Customer", str(row.customer_id), "CustomerAttributeValueChangeEvent")], now)
    deed = Deed(by, "verifyContactMedium", "Customer", str(row.customer_id), detail={"medium": str(medium)})
    await record_deed(connection, deed, now)
    customer: UUID = row.customer_id
    return customer
