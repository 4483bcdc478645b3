"""Withdraw a consent by the address that stands in a mail (RFC 8058)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.consent_read import consents_of
from hub.errors import NotFound
from hub.leads.lead import hold_lead
from hub.records.belongings import ConsentRecord
from hub.records.enums import ConsentStatus, LegalBasis
from hub.settings.find_channels import Outbound
from hub.settings.offers import ConsentRule
from hub.stewardship.consent import record_consent

BY: Final = "unsubscribe"
"""Who recorded it."""

BY_MAIL: Final = "email"


async def unsubscribe(connection: AsyncConnection, outbound: Outbound, delivery: UUID, now: datetime) -> bool:
    """REVOKED for the purpose of the mail's channel, there alone; it goes to the systems at once.

    False where he has refused before: a repeat changes nothing. What still waits in the channel asks for consent when
    it is to leave. NotFound for a delivery that was erased.
    """
    row = (
        await connection.execute(
            text("SELECT lead_id, channel FROM lead_delivery WHERE id = :delivery"), {"delivery": delivery}
        )
    ).one_or_none()
    if row is None:
        raise NotFound("there is no such delivery")
    # Of two presses at once the second one sees the first.
    customer = (await hold_lead(connection, row.lead_id)).customer_id
    if customer is None:
        raise NotFound("nobody knows whose lead this is")
    consents = (await consents_of(connection, [customer]))[customer]
    channel = outbound.channels.get(row.channel)
    # A no counts also where the company has given up the channel since.
    rule, named = (ConsentRule(), BY_MAIL) if channel is None else (channel.consent, channel.contact_channel)
    # Under a basis that asks for no consent only who refused is kept out.
    if not consents.permit(rule.purpose, named, LegalBasis.LEGITIMATE_INTEREST, now):
        return False
    record = ConsentRecord(
        purpose=rule.purpose,
        channel=named,
        status=ConsentStatus.REVOKED,
        legal_basis=rule.basis,
        evidence=f"unsubscribed by the mail of delivery {delivery}",
    )
    await record_consent(connection, customer, record, BY, now)
    return True
