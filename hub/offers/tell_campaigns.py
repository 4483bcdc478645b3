"""Tell campaign management what happened (flow 5): wanted with the events, on its way by that flow's lane."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.outward import outward_flows
from hub.exchange.want import NewObject, want_creates
from hub.offers.record_events import RecordedEvent
from hub.records.contacts import ContactEventRecord
from hub.records.identity import Entity
from hub.store.sets import run_set

_KNOWN_THERE: Final = """
SELECT i.customer_id, i.external_id FROM json_array_elements_text(CAST(:rows AS json)) AS r(customer)
CROSS JOIN LATERAL (SELECT customer_id, external_id FROM customer_identifier
  WHERE customer_id = CAST(r.customer AS uuid) AND system = :system ORDER BY external_id LIMIT 1) i
"""


async def tell_campaigns(connection: AsyncConnection, events: Sequence[RecordedEvent], now: datetime) -> None:
    """One object per event and system, under the channel's own id: whatever repeats it, it is told once.

    A customer whom the system does not know is named by the hub's key, under which he would be made there.
    """
    if not events:
        return
    customers = sorted({str(event.customer) for event in events})
    for flow in await outward_flows(connection, Entity.CONTACT_EVENT):
        rows = await run_set(connection, _KNOWN_THERE, customers, system=flow.target)
        known: dict[UUID, str] = {row.customer_id: row.external_id for row in rows}
        await want_creates(connection, [_wanted(flow.target, event, known) for event in events], now)


def _wanted(system: str, event: RecordedEvent, known: Mapping[UUID, str]) -> tuple[NewObject, ContactEventRecord]:
    key = f"{system}/contact-event/{event.reported.event_id}"
    there = known.get(event.customer)
    record = ContactEventRecord(
        key=event.reported.event_id,
        customer=there,
        customer_key=None if there is not None else f"{system}/customer/{event.customer}",
        kind=event.reported.kind,
        channel=event.channel,
        proposition=event.proposition,
        treatment=event.treatment,
        subject=event.reported.subject,
        occurred_at=event.reported.occurred_at,
    )
    return NewObject(system, Entity.CONTACT_EVENT, key, str(event.customer)), record
