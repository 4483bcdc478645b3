"""An answer to a lead, or its end, and at once nothing more goes out for it in any channel."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import NotFound
from hub.leads.record_response import NewResponse, RecordedResponse, record_response
from hub.leads.work_lead import advance_lead
from hub.outbound.stop import stop_for_leads
from hub.records.enums import LeadState
from hub.records.leads import LeadOutcome
from hub.settings.find_channels import Outbound

BY_LINK: Final = "link"
"""Who recorded an answer that came by the link of a mail."""


async def respond(connection: AsyncConnection, new: NewResponse, by: str, now: datetime) -> RecordedResponse:
    """As `record_response`, and the letter leaves the print run, the name the call list, the mail stays here."""
    recorded = await record_response(connection, new, by, now)
    await stop_for_leads(connection, [recorded.lead], now)
    return recorded


async def advance(connection: AsyncConnection, lead: UUID, to: LeadState, reason: str | None, now: datetime) -> UUID:
    """As `advance_lead`, and of a lead that has ended nothing goes out any more."""
    moved = await advance_lead(connection, lead, to, reason, now)
    await stop_for_leads(connection, [moved], now)
    return moved


async def respond_by_link(
    connection: AsyncConnection, outbound: Outbound, delivery: UUID, now: datetime
) -> RecordedResponse:
    """CLICKED, once per delivery however often the button is pressed. NotFound for a delivery that was erased."""
    row = (
        await connection.execute(
            text("SELECT lead_id, channel FROM lead_delivery WHERE id = :delivery"), {"delivery": delivery}
        )
    ).one_or_none()
    if row is None:
        raise NotFound("there is no such delivery")
    channel = outbound.channels.get(row.channel)
    named = row.channel if channel is None else channel.contact_channel
    new = NewResponse(row.lead_id, f"link/{delivery}", named, LeadOutcome.CLICKED, now, delivery=delivery)
    return await respond(connection, new, BY_LINK, now)


async def respond_by_call(
    connection: AsyncConnection,
    lead: UUID,
    delivery: UUID,
    channel: str,
    outcome: LeadOutcome,
    session: UUID | None,
    by: str,
    now: datetime,
) -> RecordedResponse:
    """What the customer said when he was called; once per call."""
    new = NewResponse(lead, f"call/{delivery}", channel, outcome, now, session, delivery)
    return await respond(connection, new, by, now)
