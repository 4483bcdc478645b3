"""Wrap a contact up and hand it to Sales with its dialogs (flow 12); end those that nobody wraps up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.desk import Conductor, ContactDesk
from hub.contacts.hand_over import hand_over_session
from hub.contacts.legs import end_leg
from hub.contacts.register import register
from hub.contacts.session import Session, advance, conduct, hold, move
from hub.contacts.session_tables import BusinessDialog
from hub.contacts.start_session import check_words
from hub.contacts.states import SESSION_PHASES
from hub.contacts.telling import Entry
from hub.errors import Invalid
from hub.records.contact import (
    DialogOutcome,
    DialogState,
    SessionPhase,
    SessionResult,
    SessionState,
    TimelineKind,
)
from hub.settings.contact import ContactRules

BY_PERSONS: Final = frozenset({SessionResult.COMPLETED, SessionResult.CUSTOMER_TERMINATED, SessionResult.ABANDONED})
"""Results that a channel may state; the others are the hub's to find."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """How it went. `csat` 1 to 5, `nps` 0 to 10, as the customer said."""

    result: SessionResult = SessionResult.COMPLETED
    disposition: str | None = None
    csat: int | None = None
    nps: int | None = None
    comment: str | None = None

    def check(self) -> None:
        """Invalid for a score outside its scale, or a result that no channel states."""
        if self.result not in BY_PERSONS:
            named = ", ".join(sorted(BY_PERSONS))
            raise Invalid(f"a channel ends a contact as one of {named}", ("result",))
        if self.csat is not None and not 1 <= self.csat <= 5:
            raise Invalid("CSAT goes from 1 to 5", ("feedback", "csat"))
        if self.nps is not None and not 0 <= self.nps <= 10:
            raise Invalid("NPS goes from 0 to 10", ("feedback", "nps"))
        check_words("disposition", self.disposition)
        check_words("comment", self.comment)


async def begin_wrap_up(connection: AsyncConnection, session_id: UUID, by: Conductor, now: datetime) -> None:
    """The customer has gone, the work after the call goes on: WRAP_UP, with no dialog open any more."""
    session = await conduct(connection, await hold(connection, session_id), by.agent, now)
    await _wrapping(connection, session, now)


async def wrap_up_session(
    connection: AsyncConnection,
    desk: ContactDesk,
    session_id: UUID,
    conclusion: Conclusion,
    by: Conductor,
    now: datetime,
) -> None:
    """Close it: what was said goes to Sales, where the contact is one of theirs. Conflict once it is closed."""
    conclusion.check()
    session = await hold(connection, session_id)
    if session.state is not SessionState.WRAP_UP:
        session = await conduct(connection, session, by.agent, now)
        await _end_open_dialogs(connection, session, now)
    await _close(connection, desk.rules, session, conclusion, now)


async def _wrapping(connection: AsyncConnection, session: Session, now: datetime) -> Session:
    await _end_open_dialogs(connection, session, now)
    session = await advance(connection, session, SessionPhase.WRAP_UP, now)
    return await move(connection, session, SessionState.WRAP_UP, now)


async def _close(
    connection: AsyncConnection, rules: ContactRules, session: Session, conclusion: Conclusion, now: datetime
) -> None:
    columns: Mapping[str, object] = {
        "result": conclusion.result,
        "disposition": conclusion.disposition,
        "csat": conclusion.csat,
        "nps": conclusion.nps,
        "comment": conclusion.comment,
        "known": {},
        "ended_at": now,
        "phase": SessionPhase.WRAP_UP,
    }
    if session.phase is not SessionPhase.WRAP_UP:
        SESSION_PHASES.check(session.phase, SessionPhase.WRAP_UP)
    await end_leg(connection, session.id, conclusion.result, now)
    subject = conclusion.disposition or session.reason
    entry = Entry(TimelineKind.SESSION_ENDED, session.customer_id, session.channel, session.id, subject=subject)
    session = await move(connection, session, SessionState.CLOSED, now, entry, **columns)
    session = await register(connection, session, rules.registration, now, commercial=False)
    if session.registered_at is not None:
        await hand_over_session(connection, session, now)


async def _end_open_dialogs(connection: AsyncConnection, session: Session, now: datetime) -> None:
    """In another phase than DIALOG none is open."""
    if session.phase is SessionPhase.DIALOG:
        await end_dialogs(connection, session.id, now)


async def end_dialogs(connection: AsyncConnection, session: UUID, now: datetime) -> None:
    """What was not finished is cancelled; its request, if it has one, goes on."""
    open_ones = (DialogState.NEW, DialogState.ACTIVE, DialogState.HOLD)
    await connection.execute(
        update(BusinessDialog)
        .where(BusinessDialog.session_id == session, BusinessDialog.state.in_(open_ones))
        .values(state=DialogState.CANCELLED, outcome=DialogOutcome.CANCELLED, changed_at=now, ended_at=now)
    )


async def end_quiet_sessions(connection: AsyncConnection, rules: ContactRules, now: datetime, limit: int) -> int:
    """End up to `limit` sessions in which nothing happened for as long as their channel allows; tell how many.

    TIMED_OUT where somebody was served, ABANDONED where the customer waited for nothing.
    """
    longest = {name: now - timedelta(minutes=channel.timeout_minutes) for name, channel in rules.channels.items()}
    quiet = await connection.execute(
        text(
            """SELECT id FROM customer_session
               WHERE state <> 'CLOSED' AND active_at <= :latest AND active_at <= coalesce(
                 (SELECT b.before FROM unnest(CAST(:channels AS text[]), CAST(:befores AS timestamptz[]))
                    AS b(channel, before) WHERE b.channel = customer_session.channel), :latest)
               ORDER BY active_at, id LIMIT :limit FOR UPDATE SKIP LOCKED"""
        ),
        {
            "latest": max(longest.values(), default=now - timedelta(minutes=30)),
            "channels": list(longest),
            "befores": list(longest.values()),
            "limit": limit,
        },
    )
    found = list(quiet.scalars())
    for session_id in found:
        session = await hold(connection, session_id)
        served = session.state in (SessionState.ACTIVE, SessionState.WRAP_UP)
        result = SessionResult.TIMED_OUT if served else SessionResult.ABANDONED
        await _end_open_dialogs(connection, session, now)
        await _close(connection, rules, session, Conclusion(result), now)
    return len(found)
