"""Tell campaign management what happened (flow 5): wanted with the events, on its way by that flow's lane."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.known_there import KnownThere, all_known_there
from hub.exchange.outward import outward_flows
from hub.exchange.want import NewObject, want_creates
from hub.offers.record_events import RecordedEvent
from hub.records.contacts import ContactEventRecord
from hub.records.identity import Entity


async def tell_campaigns(connection: AsyncConnection, events: Sequence[RecordedEvent], now: datetime) -> None:
    """One object per event and system, under the channel's own id: whatever repeats it, it is told once.

    A customer whom the system does not know is made there first, where a flow of customers leads there; otherwise it is
    told nothing of him.
    """
    if not events:
        return
    customers = sorted({event.customer for event in events})
    for flow in await outward_flows(connection, Entity.CONTACT_EVENT):
        known = await all_known_there(connection, flow.target, customers, now)
        wanted = [_wanted(flow.target, event, known[event.customer]) for event in events if event.customer in known]
        await want_creates(connection, wanted, now)


def _wanted(system: str, event: RecordedEvent, there: KnownThere) -> tuple[NewObject, ContactEventRecord]:
    key = f"{system}/contact-event/{event.reported.event_id}"
    record = ContactEventRecord(
        key=event.reported.event_id,
        customer=there.customer,
        customer_key=there.customer_key,
        kind=event.reported.kind,
        channel=event.channel,
        proposition=event.proposition,
        treatment=event.treatment,
        subject=event.reported.subject,
        occurred_at=event.reported.occurred_at,
    )
    return NewObject(system, Entity.CONTACT_EVENT, key, str(event.customer)), record
