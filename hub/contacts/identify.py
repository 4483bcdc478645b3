"""Find out, or prove, whom one speaks with while the contact is under way."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.answers import Answers, known_answers, step_at
from hub.contacts.desk import Conductor, ContactDesk
from hub.contacts.introduce import NewCustomer, introduce
from hub.contacts.recognise_caller import Clues, Recognised, learn_cookies, recognise_caller
from hub.contacts.register import is_commercial, register
from hub.contacts.session import Session, advance, conduct, hold, put
from hub.contacts.session_tables import BusinessDialog
from hub.contacts.telling import Entry, follow_customer, tell
from hub.contacts.view import view_of
from hub.errors import Conflict
from hub.records.contact import (
    DialogOutcome,
    DialogState,
    IdentificationLevel,
    Recognition,
    SessionPhase,
    TimelineKind,
)
from hub.store.write_row import update_row


async def identify_customer(
    connection: AsyncConnection,
    desk: ContactDesk,
    session_id: UUID,
    clues: Clues,
    new: NewCustomer | None,
    by: Conductor,
    now: datetime,
) -> Recognised:
    """Tie the session to its customer; what comes to several, or to nobody, leaves it as it is.

    Conflict for a customer who is authenticated already and would become somebody else.
    """
    session = await conduct(connection, await hold(connection, session_id), by.agent, now)
    given = clues.normalised(desk.recognition.region)
    found = await recognise_caller(connection, given, desk.recognition.bands, None if new is None else new.called())
    customer = found.customer
    if found.outcome is Recognition.UNKNOWN and new is not None:
        customer = await introduce(connection, desk, new, _with_known(given, session), now)
        found = Recognised(Recognition.RECOGNISED, customer)
    if found.customer in (None, session.customer_id):
        return found
    if session.level is IdentificationLevel.AUTHENTICATED:
        raise Conflict("the customer has proved who he is; start another session for somebody else")
    await _tie(connection, desk, session, found, now)
    return found


async def _tie(
    connection: AsyncConnection, desk: ContactDesk, session: Session, found: Recognised, now: datetime
) -> Session:
    customer = found.customer
    if customer is None:
        return session
    cookie = session.known.get("cookie")
    if isinstance(cookie, str):
        await learn_cookies(connection, [bytes.fromhex(cookie)], customer, found.by, now)
    before, level = session.customer_id, IdentificationLevel.IDENTIFIED
    system, external_id = found.by or (None, None)
    session = await put(
        connection,
        session,
        now,
        customer_id=customer,
        level=level,
        known={},
        by_system=system,
        by_external_id=external_id,
    )
    dialogs = update(BusinessDialog).where(BusinessDialog.session_id == session.id)
    await connection.execute(dialogs.values(customer_id=customer))
    if before is not None:
        await follow_customer(connection, session.id, customer)
    started = Entry(TimelineKind.SESSION_STARTED, customer, session.channel, session.id, subject=session.reason)
    if before is None:
        await tell(connection, started, now)
    if session.phase is SessionPhase.IDENTIFICATION:
        session = await advance(connection, session, SessionPhase.EXPLORATION, now)
    await _go_on_with_waiting(connection, desk, session, now)
    commercial = await is_commercial(connection, desk.catalogue, session)
    return await register(connection, session, desk.rules.registration, now, commercial=commercial)


async def _go_on_with_waiting(connection: AsyncConnection, desk: ContactDesk, session: Session, now: datetime) -> None:
    """Dialogs that only waited to know whom they are with go on, with what is known of him filled in."""
    waiting = await connection.execute(
        select(BusinessDialog.id, BusinessDialog.topic, BusinessDialog.answers).where(
            BusinessDialog.session_id == session.id,
            BusinessDialog.state == DialogState.HOLD,
            BusinessDialog.outcome == DialogOutcome.REQUIRES_AUTHENTICATION,
        )
    )
    for row in waiting.all():
        topic = desk.catalogue.topics.get(row.topic)
        if topic is None or topic.level.rank > session.level.rank:
            continue
        view = await view_of(connection, session.customer_id)
        known = await known_answers(connection, topic, session.customer_id, session.id, view, now)
        answers: Answers = {**known, **row.answers}
        goes_on = {"state": DialogState.ACTIVE, "outcome": None, "answers": answers, "step": step_at(topic, answers)}
        await update_row(connection, BusinessDialog, row.id, {**goes_on, "changed_at": now})


async def authenticate_session(
    connection: AsyncConnection, session_id: UUID, by: Conductor, now: datetime, *, passed: bool
) -> None:
    """The channel has checked who the customer is. Passed: dialogs that waited for it go on; failed: they say so.

    Conflict while it is not known whom the check was about.
    """
    session = await conduct(connection, await hold(connection, session_id), by.agent, now)
    if session.customer_id is None:
        raise Conflict("identify the customer first: nobody knows yet who would have proved himself")
    waiting = update(BusinessDialog).where(
        BusinessDialog.session_id == session.id,
        BusinessDialog.state == DialogState.HOLD,
        BusinessDialog.outcome.in_([DialogOutcome.REQUIRES_AUTHENTICATION, DialogOutcome.FAILED_AUTHENTICATION]),
    )
    if passed:
        await connection.execute(waiting.values(state=DialogState.ACTIVE, outcome=None, changed_at=now))
        await put(connection, session, now, level=IdentificationLevel.AUTHENTICATED)
    else:
        failed = DialogOutcome.FAILED_AUTHENTICATION
        await connection.execute(waiting.values(outcome=failed, changed_at=now))
        await put(connection, session, now)


def _with_known(given: Clues, session: Session) -> Clues:
    """A new customer is reached by what he says, or else by what he called or wrote from."""
    known = {name: value for name, value in session.known.items() if isinstance(value, str)}
    return Clues(phone=given.phone or known.get("phone"), email=given.email or known.get("email"))
