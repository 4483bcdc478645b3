"""Mail that came back: its delivery did not arrive, and the address it left for takes nothing more."""

from __future__ import annotations

from collections.abc import Set
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.undeliverable import Bounce, report_undeliverable
from hub.errors import Invalid, NotFound
from hub.outbound.deliveries import Delivery, hold, move
from hub.outbound.proof import address_proof
from hub.outbound.states import DELIVERY_STATES
from hub.records.enums import MediumKind
from hub.records.outbound import DeliveryReason, DeliveryState
from hub.store.audit import Deed, record_deed
from hub.store.keys import KeyRing

STATUS_MAX: Final = 20

_ANYWHERE: Final = "none"
"""E-mail addresses are spelled alike in every region."""


async def report_bounce(
    connection: AsyncConnection, keys: KeyRing, delivery: UUID, status: str | None, by: str, now: datetime
) -> Set[UUID]:
    """The customers whose address it still is: nobody where it was mended meanwhile. A repeat changes nothing.

    `status` is an enhanced status code (RFC 3463), such as 5.1.1. NotFound for a delivery that is not there, Invalid
    for anything but a lasting failure, Conflict for a mail that has not left.
    """
    if status is not None and not (status.startswith("5") and len(status) <= STATUS_MAX):
        raise Invalid("only a lasting failure (5.x.x) is a bounce", ("status",))
    one = next(iter(await hold(connection, [delivery])), None)
    if one is None:
        raise NotFound("there is no such delivery")
    if not DELIVERY_STATES.ended(one.state):
        await record_deed(connection, Deed(by, "reportBounce", "LeadDelivery", str(delivery)), now)
        await move(connection, [one], DeliveryState.BOUNCED, DeliveryReason.RETURNED, now, answer=status)
    return await mark_address(connection, keys, one, status or "returned", by, now)


async def mark_address(
    connection: AsyncConnection, keys: KeyRing, one: Delivery, reason: str, by: str, now: datetime
) -> Set[UUID]:
    """Mark the address that a held delivery left for, if its customer still has it."""
    if one.customer_id is None or one.address_proof is None:
        return frozenset()
    media = await connection.execute(
        text("SELECT normalised FROM contact_medium WHERE customer_id = :customer AND kind = 'EMAIL'"),
        {"customer": one.customer_id},
    )
    normalised = next((n for n in media.scalars() if address_proof(keys, n) == one.address_proof), None)
    if normalised is None:
        return frozenset()
    bounce = Bounce(MediumKind.EMAIL, normalised, f"mail refused: {reason}")
    return await report_undeliverable(connection, bounce, _ANYWHERE, by, now)
