"""A session's row: held against others, moved along its state tables, and told."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.legs import begin_leg, name_agent
from hub.contacts.session_tables import CustomerSession
from hub.contacts.states import SESSION_PHASES, SESSION_STATES
from hub.contacts.telling import Entry, announce, changed, tell
from hub.errors import Conflict, NotFound
from hub.records.contact import Direction, IdentificationLevel, SessionPhase, SessionState
from hub.store.straight import Rows, run
from hub.store.write_row import update_row

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


_COLUMNS: Final = ", ".join(field.name for field in fields(Session))
_HOLD: Final = f"SELECT {_COLUMNS} FROM customer_session WHERE id = $1 FOR UPDATE"  # noqa: S608  names of fields
_HOLD_OF_DIALOG: Final = f"""SELECT {_COLUMNS} FROM customer_session
    WHERE id = (SELECT session_id FROM business_dialog WHERE id = $1) FOR UPDATE"""  # noqa: S608  names of fields


async def hold(connection: AsyncConnection, session: UUID) -> Session:
    """The session, held until the transaction ends. NotFound when there is none."""
    return _held(await run(connection, _HOLD, session), "session")


async def hold_of_dialog(connection: AsyncConnection, dialog: UUID) -> Session:
    """The session that the dialog belongs to, held like that. NotFound when there is no such dialog."""
    return _held(await run(connection, _HOLD_OF_DIALOG, dialog), "dialog")


def _held(rows: Rows, what: str) -> Session:
    if not rows:
        raise NotFound(f"there is no such {what}")
    read = Session(*rows[0])
    return replace(
        read,
        direction=Direction(read.direction),
        phase=SessionPhase(read.phase),
        state=SessionState(read.state),
        level=IdentificationLevel(read.level),
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
    await update_row(connection, CustomerSession, session.id, {**columns, "active_at": now})
    if entry is None:
        await announce(connection, TOPIC, session.id, event, now)
    else:
        await tell(connection, entry, now, changes=[changed(TOPIC, session.id, event)])
    return replace(session, **{name: value for name, value in columns.items() if name in _NAMES})


_NAMES: Final = {field.name for field in fields(Session)}
_ANSWERED: Final = "UPDATE customer_session SET answered_at = $1 WHERE id = $2 AND answered_at IS NULL"


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
        await run(connection, _ANSWERED, now, session.id)
    return await put(connection, session, now, STATE_CHANGED, entry, state=to, **columns)


async def conduct(connection: AsyncConnection, session: Session, agent: str | None, now: datetime) -> Session:
    """Somebody does something in the session: it is ACTIVE from now on, and so begins his leg.

    Conflict once it is wrapped up or closed, and while it waits for another agent.
    """
    expect_conducted(session)
    if session.state is SessionState.ACTIVE:
        return session
    if session.state is SessionState.WAITING:
        if session.agent not in (None, agent):
            raise Conflict("the session waits for another agent; resumeSession is for him")
        await begin_leg(connection, session.id, session.channel, agent, now)
    elif agent is not None:
        await name_agent(connection, session.id, agent)
    return await move(connection, session, SessionState.ACTIVE, now, agent=agent or session.agent)


async def advance(connection: AsyncConnection, session: Session, to: SessionPhase, now: datetime) -> Session:
    """Into another phase; the phase it is in already is no change. Conflict where the table forbids it."""
    if session.phase is to:
        return session
    SESSION_PHASES.check(session.phase, to)
    return await put(connection, session, now, STATE_CHANGED, phase=to)
