"""Incidents that explain many contacts: declared, shown, counted, ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.desk import ContactDesk
from hub.contacts.tables import Incident
from hub.contacts.telling import announce
from hub.errors import Conflict, Invalid, NotFound
from hub.store.straight import run

TOPIC: Final = "Incident"
MESSAGE_MAX: Final = 2_000
TOPICS_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class ActiveIncident:
    """An incident that lasts; no topics: it touches every contact."""

    id: UUID
    message: str
    topics: Sequence[str]
    suspends_offers: bool


async def declare_incident(
    connection: AsyncConnection,
    desk: ContactDesk,
    message: str,
    topics: Sequence[str],
    suspends_offers: bool,
    by: str,
    now: datetime,
) -> UUID:
    """From now on every channel is shown the message. Invalid for a topic that the catalogue does not have."""
    if not 0 < len(message.strip()) <= MESSAGE_MAX:
        raise Invalid(f"a message has 1 to {MESSAGE_MAX} characters", ("message",))
    if len(topics) > TOPICS_MAX:
        raise Invalid(f"an incident has at most {TOPICS_MAX} topics", ("topics",))
    for topic in topics:
        desk.topic(topic)
    incident = uuid4()
    values = {"message": message, "topics": sorted(set(topics)), "suspends_offers": suspends_offers}
    await connection.execute(insert(Incident).values(id=incident, declared_by=by, started_at=now, **values))
    await announce(connection, TOPIC, incident, "CreateEvent", now)
    return incident


async def end_incident(connection: AsyncConnection, incident: UUID, by: str, now: datetime) -> None:
    """NotFound when there is none, Conflict when it has ended before."""
    found = select(Incident.ended_at).where(Incident.id == incident).with_for_update()
    row = (await connection.execute(found)).one_or_none()
    if row is None:
        raise NotFound("there is no such incident")
    if row.ended_at is not None:
        raise Conflict("the incident has ended already")
    await connection.execute(update(Incident).where(Incident.id == incident).values(ended_at=now, ended_by=by))
    await announce(connection, TOPIC, incident, "StateChangeEvent", now)


async def active_incidents(connection: AsyncConnection) -> Sequence[ActiveIncident]:
    """What goes wrong now, the oldest first; at most 100."""
    columns = (Incident.id, Incident.message, Incident.topics, Incident.suspends_offers)
    lasting = select(*columns).where(Incident.ended_at.is_(None)).order_by(Incident.started_at, Incident.id).limit(100)
    return [ActiveIncident(*row) for row in await connection.execute(lasting)]


async def count_contact(connection: AsyncConnection, session: UUID, topic: str | None) -> None:
    """Note that incidents about the topic, and those about everything, explain this session; once each."""
    await run(
        connection,
        """INSERT INTO incident_contact (incident_id, session_id)
           SELECT id, $1 FROM incident WHERE ended_at IS NULL AND (topics = '{}' OR CAST($2 AS text) = ANY(topics))
           ON CONFLICT DO NOTHING""",
        session,
        topic,
    )
