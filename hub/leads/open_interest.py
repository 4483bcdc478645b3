"""Open a lead for interest that a contact event tells of, where the company wants that for its proposition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.leads.open_lead import NewLead, open_lead
from hub.leads.record_response import NewResponse, record_response
from hub.offers.catalogue import Catalogue
from hub.offers.record_events import RecordedEvent
from hub.records.contact import Direction
from hub.records.leads import LeadOutcome
from hub.settings.leads import LeadRules

_OPEN = text(
    """SELECT l.id, h.opened_at FROM sales_lead l JOIN lead_handling h ON h.lead_id = l.id
       WHERE l.system = 'hub' AND l.customer_id = :customer AND h.proposition = :proposition AND NOT l.deleted
         AND h.closed_at IS NULL ORDER BY h.opened_at, l.id LIMIT 1"""
)


@dataclass(frozen=True, slots=True)
class _Running:
    """A lead that has not ended."""

    id: UUID
    opened_at: datetime


async def open_interest(
    connection: AsyncConnection,
    rules: LeadRules,
    catalogue: Catalogue,
    events: Sequence[RecordedEvent],
    principal: str,
    now: datetime,
) -> Sequence[UUID]:
    """The leads that new events opened, or are an answer to, in their order.

    An answer to what a running lead offers is the answer to that lead, whatever channel it came by; one customer has
    one running lead for a proposition.
    """
    leads: list[UUID] = []
    about = [event for event in events if event.proposition is not None]
    await _hold(connection, about)
    for event in about:
        found = await _running(connection, event)
        if found is not None:
            leads += await _answer(connection, event, found, principal, now)
        elif (
            event.proposition is not None
            and (terms := rules.inbound.get(event.proposition)) is not None
            and event.reported.kind in terms.on
        ):
            title = catalogue.propositions[event.proposition].title
            new = NewLead(
                customer=event.customer,
                name=terms.name or title,
                direction=Direction.INBOUND,
                channel=event.channel or None,
                proposition=event.proposition,
                rating=terms.rating,
                priority=terms.priority,
                session=event.session,
                event=event.reported.event_id,
            )
            leads.append((await open_lead(connection, new, principal, now)).id)
    return leads


async def _hold(connection: AsyncConnection, events: Sequence[RecordedEvent]) -> None:
    """Of two batches about one customer and proposition the second one sees what the first opened."""
    keys = sorted({f"interest/{event.customer}/{event.proposition}" for event in events})
    for key in keys:
        await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})


async def _running(connection: AsyncConnection, event: RecordedEvent) -> _Running | None:
    given = {"customer": event.customer, "proposition": event.proposition}
    row = (await connection.execute(_OPEN, given)).one_or_none()
    return None if row is None else _Running(row.id, row.opened_at)


async def _answer(
    connection: AsyncConnection, event: RecordedEvent, lead: _Running, principal: str, now: datetime
) -> list[UUID]:
    """Ties the event to the lead where it is an answer; that the offer was shown or dismissed is none, and neither is
    what happened before there was a lead.
    """
    if event.reported.kind.value not in set(LeadOutcome) or event.reported.occurred_at < lead.opened_at:
        return []
    new = NewResponse(
        lead=lead.id,
        key=f"event/{event.reported.event_id}",
        channel=event.channel or "unknown",
        outcome=LeadOutcome(event.reported.kind.value),
        occurred_at=event.reported.occurred_at,
    )
    await record_response(connection, new, principal, now)
    return [lead.id]
