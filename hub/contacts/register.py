"""Register a contact with Sales (flow 1): wanted in the transaction that starts it, on its way by the flow's lane."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.session import Session, put
from hub.customers.known_there import known_there
from hub.exchange.outward import outward_flows
from hub.exchange.want import Target, want_update
from hub.ports.writing import FieldChange
from hub.records.contact import Registration
from hub.records.contacts import ContactRecord
from hub.records.customer import Canonical
from hub.records.enums import RequestKind
from hub.records.identity import Entity, ExternalId
from hub.settings.topics import Catalogue
from hub.store.straight import run

SALES: Final = frozenset({RequestKind.QUOTE, RequestKind.SALE})


async def register(
    connection: AsyncConnection, session: Session, which: Registration, now: datetime, *, commercial: bool
) -> Session:
    """Once per session, once its customer is known and the company's rule says so; a repeat changes nothing."""
    wanted = which is Registration.ALL or (which is Registration.COMMERCIAL and commercial)
    if session.registered_at is not None or session.customer_id is None or not wanted:
        return session
    for flow in await outward_flows(connection, Entity.CONTACT):
        there = await known_there(connection, flow.target, session.customer_id, now)
        if there is None:
            continue
        record = ContactRecord(
            customer=there.customer,
            customer_key=there.customer_key,
            channel=session.channel,
            direction=session.direction,
            reason=session.reason,
            agent=session.agent,
            started_at=session.started_at,
        )
        await hand_over(connection, flow.target, Entity.CONTACT, session, record, now)
    await put(connection, session, now, registered_at=now)
    return replace(session, registered_at=now)


async def is_commercial(connection: AsyncConnection, catalogue: Catalogue, session: Session) -> bool:
    """Whether a topic of the contact so far is one that Sales hears of."""
    rows = await run(connection, "SELECT topic FROM business_dialog WHERE session_id = $1", session.id)
    names = (session.topic, *(row[0] for row in rows))
    return any(catalogue.topics[name].is_commercial for name in names if name in catalogue.topics)


async def hand_over(
    connection: AsyncConnection, system: str, entity: Entity, session: Session, record: Canonical, now: datetime
) -> None:
    """Want what is told of a contact to be so at the system, under the contact's own id."""
    target = Target(system, entity, ExternalId(session.contact_id), session.line)
    fields = record.model_dump(mode="json", exclude_none=True)
    await want_update(connection, target, [FieldChange((name,), None, value) for name, value in fields.items()], now)
