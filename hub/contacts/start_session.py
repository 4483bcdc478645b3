"""Start a contact: recognise who it is, give it its id, tell Sales."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.contact_id import new_number
from hub.contacts.desk import Conductor, ContactDesk
from hub.contacts.incidents import count_contact
from hub.contacts.introduce import NewCustomer, introduce
from hub.contacts.legs import begin_first_leg
from hub.contacts.likely_callers import LikelyCaller
from hub.contacts.recognise_caller import Clues, Recognised, recognise_caller, recognised_by
from hub.contacts.register import register
from hub.contacts.session import CREATED, TOPIC, Session
from hub.contacts.session_tables import CustomerSession
from hub.contacts.telling import Entry, changed, tell
from hub.errors import Invalid
from hub.records.contact import (
    Direction,
    IdentificationLevel,
    Recognition,
    SessionPhase,
    SessionState,
    TimelineKind,
)
from hub.settings.contact import Channel
from hub.store.write_row import insert_row
from hub.yaml.nearest import choices

EARLIEST: Final = timedelta(days=7)
"""A contact that a channel tells of afterwards is not older than that."""

AHEAD: Final = timedelta(minutes=5)
"""How far the channel's clock may be ahead of the hub's."""

NO_CLUES: Final = Clues()

WORDS_MAX: Final = 500
"""Characters of a reason or another remark."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a contact begins. `topic` is the catalogue's, where the channel knows it; `started_at` None: now."""

    channel: str
    direction: Direction = Direction.INBOUND
    clues: Clues = NO_CLUES
    new_customer: NewCustomer | None = None
    reason: str | None = None
    topic: str | None = None
    queue: str | None = None
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Started:
    """The session and what its clues came to."""

    session: Session
    recognition: Recognition
    callers: tuple[LikelyCaller, ...] = ()


async def start_session(
    connection: AsyncConnection, desk: ContactDesk, beginning: Beginning, by: Conductor, now: datetime
) -> Started:
    """A new session, IDENTIFICATION while nobody is recognised, else EXPLORATION.

    ACTIVE where a person conducts it, OPEN where it waits for one. Invalid for an unknown channel or topic, an
    impossible clue, and a time that is to come.
    """
    channel_of(desk, beginning.channel)
    topic = None if beginning.topic is None else desk.topic(beginning.topic)
    started_at = _start(beginning.started_at, now)
    check_words("reason", beginning.reason)
    clues = beginning.clues.normalised(desk.recognition.region)
    new = beginning.new_customer
    found = await recognise_caller(connection, clues, desk.recognition.bands, None if new is None else new.called())
    customer = found.customer
    if found.outcome is Recognition.UNKNOWN and new is not None:
        customer = await introduce(connection, desk, new, clues, now)
    found = replace(found, customer=customer)
    session = await _insert(connection, beginning, by, found, clues, started_at)
    await begin_first_leg(connection, session.id, session.channel, session.agent, now)
    kind = TimelineKind.SESSION_STARTED
    entry = Entry(kind, customer, session.channel, session.id, subject=session.reason)
    await tell(connection, entry, now, changes=[changed(TOPIC, session.id, CREATED)])
    await count_contact(connection, session.id, session.topic)
    commercial = topic is not None and topic.is_commercial
    session = await register(connection, session, desk.rules.registration, now, commercial=commercial)
    return Started(session, _outcome(found, customer), found.callers)


def channel_of(desk: ContactDesk, name: str) -> Channel:
    """The channel's rules; Invalid for one that hub.yaml does not have."""
    channel = desk.rules.channels.get(name)
    if channel is None:
        raise Invalid(f"there is no channel {name!r} ({choices(name, desk.rules.channels)})", ("channel",))
    return channel


def check_words(name: str, words: str | None) -> None:
    """Invalid for a remark that is blank or too long."""
    if words is not None and not 0 < len(words.strip()) <= WORDS_MAX:
        raise Invalid(f"{name} has 1 to {WORDS_MAX} characters", (name,))


def _outcome(found: Recognised, customer: UUID | None) -> Recognition:
    return Recognition.RECOGNISED if customer is not None else found.outcome


def _start(given: datetime | None, now: datetime) -> datetime:
    if given is None:
        return now
    if given > now + AHEAD:
        raise Invalid(
            "a contact cannot start in the future; compare the channel's clock with the hub's", ("startedAt",)
        )
    if given < now - EARLIEST:
        raise Invalid(f"a contact of more than {EARLIEST.days} days ago is history and no session", ("startedAt",))
    return min(given, now)


async def _insert(
    connection: AsyncConnection,
    beginning: Beginning,
    by: Conductor,
    found: Recognised,
    clues: Clues,
    started_at: datetime,
) -> Session:
    customer = found.customer
    level = IdentificationLevel.ANONYMOUS if customer is None else IdentificationLevel.IDENTIFIED
    served = bool(by.agent or by.customer)
    session = Session(
        id=uuid4(),
        contact_id=new_number("C"),
        customer_id=customer,
        channel=beginning.channel,
        direction=beginning.direction,
        phase=SessionPhase.IDENTIFICATION if customer is None else SessionPhase.EXPLORATION,
        state=SessionState.ACTIVE if served else SessionState.OPEN,
        level=IdentificationLevel.AUTHENTICATED if by.customer else level,
        reason=beginning.reason,
        topic=beginning.topic,
        known=clues.kept() if customer is None else {},
        agent=by.agent,
        queue=beginning.queue,
        registered_at=None,
        started_at=started_at,
    )
    columns = {field.name: getattr(session, field.name) for field in fields(Session)}
    times = {"answered_at": started_at if served else None, "active_at": started_at}
    await insert_row(connection, CustomerSession, {**columns, **times, **recognised_by(found.by)})
    return session
