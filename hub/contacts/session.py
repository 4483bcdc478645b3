"""A session's row: held against others, moved along its state tables, and told."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.session_tables import CustomerSession
from hub.contacts.states import SESSION_PHASES, SESSION_STATES
from hub.contacts.telling import Entry, announce, changed, tell
from hub.errors import Conflict, NotFound
from hub.records.contact import Direction, IdentificationLevel, SessionPhase, SessionState

TOPIC: Final = "CustomerSession"
"""Topic of the change feed."""

CREATED, STATE_CHANGED, CHANGED = "CreateEvent", "StateChangeEvent", "AttributeValueChangeEvent"

CONDUCTED: Final = frozenset({SessionState.OPEN, SessionState.ACTIVE, SessionState.WAITING})
"""States in which the customer can still be spoken with."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session as this transaction read it."""

    id: UUID
    contact_id: str
    customer_id: UUID | None
    channel: str
    direction: Direction
    phase: SessionPhase
    state: SessionState
    level: IdentificationLevel
    reason: str | None
    topic: str | None
    known: dict[str, object]
    agent: str | None
    queue: str | None
    registered_at: datetime | None
    started_at: datetime

    @property
    def line(self) -> str:
        """What is told of it leaves in the line of its customer, or in its own while he is unknown."""
        return str(self.customer_id or self.id)


_COLUMNS: Final = [CustomerSession.__table__.c[field.name] for field in fields(Session)]


async def hold(connection: AsyncConnection, session: UUID) -> Session:
    """The session, held until the transaction ends. NotFound when there is none."""
    found = await hold_where(connection, CustomerSession.id == session)
    if found is None:
        raise NotFound("there is no such session")
    return found


async def hold_where(connection: AsyncConnection, condition: ColumnElement[bool]) -> Session | None:
    """The one session of which the condition holds, held until the transaction ends."""
    row = (await connection.execute(select(*_COLUMNS).where(condition).with_for_update())).one_or_none()
    if row is None:
        return None
    return Session(
        **row._asdict()
        | {
            "direction": Direction(row.direction),
            "phase": SessionPhase(row.phase),
            "state": SessionState(row.state),
            "level": IdentificationLevel(row.level),
        }
    )


async def put(
    connection: AsyncConnection,
    session: Session,
    now: datetime,
    event: str = CHANGED,
    entry: Entry | None = None,
    **columns: Any,
) -> Session:
    """Write columns of a held session, note that something happened, and tell its followers; `entry` is its history."""
    written = update(CustomerSession).where(CustomerSession.id == session.id).values(**columns, active_at=now)
    await connection.execute(written)
    if entry is None:
        await announce(connection, TOPIC, session.id, event, now)
    else:
        await tell(connection, entry, now, changes=[changed(TOPIC, session.id, event)])
    return replace(session, **{name: value for name, value in columns.items() if name in _NAMES})


_NAMES: Final = {field.name for field in fields(Session)}


def expect_conducted(session: Session) -> None:
    """Conflict for a session in which nobody speaks any more."""
    if session.state not in CONDUCTED:
        named = ", ".join(sorted(CONDUCTED))
        raise Conflict(f"the session is {session.state.value}; this needs it to be one of {named}")


async def move(
    connection: AsyncConnection,
    session: Session,
    to: SessionState,
    now: datetime,
    entry: Entry | None = None,
    **columns: Any,
) -> Session:
    """Into another state; Conflict where the table forbids it. The first time ACTIVE, the contact is answered."""
    SESSION_STATES.check(session.state, to)
    if to is SessionState.ACTIVE:
        columns["answered_at"] = func.coalesce(CustomerSession.answered_at, now)
    return await put(connection, session, now, STATE_CHANGED, entry, state=to, **columns)


async def conduct(connection: AsyncConnection, session: Session, agent: str | None, now: datetime) -> Session:
    """Somebody does something in the session: it is ACTIVE from now on. Conflict once it is wrapped up or closed."""
    expect_conducted(session)
    if session.state is SessionState.ACTIVE:
        return session
    return await move(connection, session, SessionState.ACTIVE, now, agent=agent or session.agent)


async def advance(connection: AsyncConnection, session: Session, to: SessionPhase, now: datetime) -> Session:
    """Into another phase; the phase it is in already is no change. Conflict where the table forbids it."""
    if session.phase is to:
        return session
    SESSION_PHASES.check(session.phase, to)
    return await put(connection, session, now, STATE_CHANGED, phase=to)
