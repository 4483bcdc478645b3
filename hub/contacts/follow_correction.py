"""What follows when an address was corrected: his history tells it, and orders under way go on with the right one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.telling import Entry, tell
from hub.contacts.undeliverable import forget_undeliverable
from hub.exchange.want import Target, want_update
from hub.ports.writing import FieldChange
from hub.records.contact import TimelineKind
from hub.records.enums import MediumKind
from hub.records.identity import Entity, ExternalId


@dataclass(frozen=True, slots=True)
class Corrected:
    """A contact medium before and after; `session` and `channel` where it was done in a contact."""

    customer: UUID
    kind: MediumKind
    normalised_before: str
    after: str
    session: UUID | None = None
    channel: str | None = None


# The back office has the address that it was told with the order; one that has another keeps it.
_WITH_THE_OLD_ONE: Final = text(
    """SELECT r.number, h.executed_by, i.wanted ->> 'email' AS told
       FROM business_request r JOIN request_handling h ON h.request_id = r.id
       JOIN target_image i ON i.target = h.executed_by AND i.entity = 'business_request' AND i.external_id = r.number
       WHERE r.customer_id = :customer AND h.closed_at IS NULL AND lower(i.wanted ->> 'email') = :before
       ORDER BY r.number LIMIT 100"""
)


async def follow_correction(connection: AsyncConnection, corrected: Corrected, now: datetime) -> int:
    """Tell it, and give the systems that carry out his running orders the address; how many orders were told."""
    await forget_undeliverable(connection, corrected.customer, corrected.kind, corrected.normalised_before)
    entry = Entry(
        TimelineKind.MEDIUM_CORRECTED,
        corrected.customer,
        corrected.channel,
        corrected.session,
        subject=corrected.kind.value,
    )
    await tell(connection, entry, now)
    if corrected.kind is not MediumKind.EMAIL:
        return 0
    given = {"customer": corrected.customer, "before": corrected.normalised_before}
    orders = (await connection.execute(_WITH_THE_OLD_ONE, given)).all()
    for order in orders:
        target = Target(order.executed_by, Entity.BUSINESS_REQUEST, ExternalId(order.number), str(corrected.customer))
        await want_update(connection, target, [FieldChange(("email",), order.told, corrected.after)], now)
    return len(orders)
