"""Sessions with their legs, and the incidents that were going on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.session_tables import CustomerSession, SessionLeg
from hub.contacts.tables import Incident, IncidentContact
from hub.reads.paging import Order, Page, Window, page_of, windowed
from hub.reads.parts import Part
from hub.reads.rows import Shape, fetch


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session; `customer_id` None while nobody knows whose it is."""

    id: UUID
    contact_id: str
    customer_id: UUID | None
    channel: str
    direction: str
    phase: str
    state: str
    result: str | None
    level: str
    reason: str | None
    topic: str | None
    agent: str | None
    queue: str | None
    disposition: str | None
    csat: int | None
    nps: int | None
    registered_at: datetime | None
    started_at: datetime
    active_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class LegRow:
    """A stretch of a session; `number` counts from 1."""

    session_id: UUID
    number: int
    channel: str
    agent: str | None
    began_at: datetime
    ended_at: datetime | None
    result: str | None


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """An incident without its number of contacts."""

    id: UUID
    message: str
    topics: Sequence[str]
    suspends_offers: bool
    declared_by: str
    started_at: datetime
    ended_at: datetime | None


_session = CustomerSession.__table__.c
SESSIONS: Final = Part(
    SessionRow, CustomerSession, Order("STARTED", (_session["started_at"], _session["id"]), descending=True)
)
LEGS: Final = Shape(LegRow, SessionLeg)
INCIDENTS: Final = Shape(IncidentRow, Incident)
INCIDENT_ORDER: Final = Order("STARTED", (INCIDENTS.column("started_at"), INCIDENTS.column("id")), descending=True)


async def legs_of(connection: AsyncConnection, sessions: Sequence[UUID]) -> Mapping[UUID, Sequence[LegRow]]:
    """The legs of each session in order; the sessions must have been read under the caller's reach."""
    statement = select(*LEGS.columns).where(SessionLeg.session_id.in_(sessions)).order_by(SessionLeg.number)
    legs: dict[UUID, list[LegRow]] = {session: [] for session in sessions}
    for leg in await fetch(connection, LegRow, statement):
        legs[leg.session_id].append(leg)
    return legs


async def incidents_by_id(connection: AsyncConnection, ids: Sequence[UUID]) -> Mapping[UUID, IncidentRow]:
    """Those that exist; an incident is everybody's business."""
    rows = await fetch(connection, IncidentRow, select(*INCIDENTS.columns).where(Incident.id.in_(ids)))
    return {row.id: row for row in rows}


async def list_incidents(connection: AsyncConnection, window: Window, *, active: bool) -> Page[IncidentRow]:
    """The newest first; with `active` only those that last."""
    statement = windowed(incidents(active=active), INCIDENT_ORDER, window)
    return page_of(await fetch(connection, IncidentRow, statement), window)


def incidents(*, active: bool) -> Select[Any]:  # Any: as hub.reads.rows has it
    """All of them, or only those that last."""
    every = select(*INCIDENTS.columns)
    return every.where(Incident.ended_at.is_(None)) if active else every


async def count_incidents(connection: AsyncConnection, *, active: bool) -> int:
    """How long that list is."""
    counted = select(func.count()).select_from(Incident)
    if active:
        counted = counted.where(Incident.ended_at.is_(None))
    return (await connection.execute(counted)).scalar_one()


async def contacts_of(connection: AsyncConnection, incidents: Sequence[UUID]) -> Mapping[UUID, int]:
    """How many sessions each incident explains."""
    counted = (
        select(IncidentContact.incident_id, func.count())
        .where(IncidentContact.incident_id.in_(incidents))
        .group_by(IncidentContact.incident_id)
    )
    counts: dict[UUID, int] = dict((await connection.execute(counted)).all())
    return {incident: counts.get(incident, 0) for incident in incidents}
