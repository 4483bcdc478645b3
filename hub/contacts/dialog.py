"""Dialogs: one topic of the catalogue, begun, answered, held, completed or cancelled within a session."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.answers import Answers, checked, known_answers, missing, step_at
from hub.contacts.desk import Conductor, ContactDesk
from hub.contacts.incidents import count_contact
from hub.contacts.open_request import NewRequest, open_request
from hub.contacts.register import register
from hub.contacts.request import hold_request, respond
from hub.contacts.session import CHANGED, STATE_CHANGED, Session, advance, conduct, hold, hold_of_dialog, put
from hub.contacts.session_tables import BusinessDialog
from hub.contacts.states import DIALOG_STATES, REQUEST_STATES, SESSION_PHASES
from hub.contacts.telling import Entry
from hub.contacts.view import view_of
from hub.errors import Conflict, Invalid, NotFound
from hub.records.contact import DialogOutcome, DialogState, SessionPhase, TimelineKind
from hub.settings.topics import Topic
from hub.store.straight import run
from hub.store.write_row import insert_row, update_row

STATED: Final = frozenset(
    {
        DialogOutcome.SUCCESS,
        DialogOutcome.PENDING,
        DialogOutcome.REQUIRES_APPROVAL,
        DialogOutcome.REJECTED,
        DialogOutcome.ERROR_SYSTEM,
        DialogOutcome.ERROR_UNKNOWN,
    }
)
"""Outcomes that a channel states; the others follow from what happened."""


@dataclass(frozen=True, slots=True)
class Dialog:
    """A dialog as this transaction read it; the session it belongs to is held."""

    id: UUID
    session: Session
    topic: str
    request_id: UUID | None
    state: DialogState
    answers: Answers


async def start_dialog(
    connection: AsyncConnection,
    desk: ContactDesk,
    session_id: UUID,
    name: str,
    request: UUID | None,
    by: Conductor,
    now: datetime,
) -> UUID:
    """ACTIVE, with what is known filled in; HOLD and REQUIRES_AUTHENTICATION where the topic demands more proof.

    With `request` it goes on with one that is open; Conflict for one that has ended or is somebody else's.
    """
    topic = desk.topic(name)
    session = await conduct(connection, await hold(connection, session_id), by.agent, now)
    if request is not None:
        await _join(connection, session, request, now)
    session = await _in_dialog(connection, desk, session, topic, now)
    await count_contact(connection, session.id, name)
    answers = await _known(connection, session, topic, now)
    proved = session.level.rank >= topic.level.rank
    identity = uuid4()
    values = {
        "id": identity,
        "session_id": session.id,
        "customer_id": session.customer_id,
        "topic": name,
        "topic_version": desk.catalogue.version,
        "channel": session.channel,
        "request_id": request,
        "state": DialogState.ACTIVE if proved else DialogState.HOLD,
        "outcome": None if proved else DialogOutcome.REQUIRES_AUTHENTICATION,
        "step": step_at(topic, answers),
        "answers": answers,
        "started_at": now,
        "changed_at": now,
    }
    await insert_row(connection, BusinessDialog, values)
    return identity


async def _known(connection: AsyncConnection, session: Session, topic: Topic, now: datetime) -> Answers:
    if not topic.questions:
        return {}
    view = await view_of(connection, session.customer_id)
    return await known_answers(connection, topic, session.customer_id, session.id, view, now)


async def _in_dialog(
    connection: AsyncConnection, desk: ContactDesk, session: Session, topic: Topic, now: datetime
) -> Session:
    """In that phase, and registered where talk of this kind is."""
    if session.phase is SessionPhase.IDENTIFICATION:
        session = await advance(connection, session, SessionPhase.EXPLORATION, now)
    session = await advance(connection, session, SessionPhase.DIALOG, now)
    return await register(connection, session, desk.rules.registration, now, commercial=topic.is_commercial)


async def _join(connection: AsyncConnection, session: Session, request_id: UUID, now: datetime) -> None:
    request = await hold_request(connection, request_id)
    if session.customer_id is None or request.customer_id != session.customer_id:
        raise NotFound("there is no such request of this customer")
    if REQUEST_STATES.ended(request.state):
        raise Conflict(f"the request is {request.state.value}: it has ended")
    await respond(connection, request, now)


async def answer_dialog(
    connection: AsyncConnection, desk: ContactDesk, dialog_id: UUID, given: Mapping[str, str], now: datetime
) -> None:
    """What the customer said; an answer given again replaces the one before. Conflict unless the dialog is ACTIVE."""
    dialog = await hold_dialog(connection, dialog_id, now)
    topic = desk.topic(dialog.topic)
    if dialog.state is not DialogState.ACTIVE:
        raise Conflict(f"the dialog is {dialog.state.value}; this needs it to be ACTIVE")
    for name in given:
        if name not in topic.questions:
            raise Invalid("the topic asks no such thing", ("answers", name))
    said = {
        name: {"value": checked(topic.questions[name], value), "source": "said", "at": now.isoformat()}
        for name, value in given.items()
    }
    answers = {**dialog.answers, **said}
    await _write(connection, dialog, now, answers=answers, step=step_at(topic, answers))


async def move_dialog(connection: AsyncConnection, dialog_id: UUID, to: DialogState, now: datetime) -> None:
    """Hold it, go on with it, or cancel it. One that waits for a proof goes on by the proof and not by this."""
    dialog = await hold_dialog(connection, dialog_id, now)
    DIALOG_STATES.check(dialog.state, to)
    if to is DialogState.COMPLETED:
        raise Invalid("a dialog is completed with its outcome: use completeDialog", ("to",))
    waits = await connection.scalar(select(BusinessDialog.outcome).where(BusinessDialog.id == dialog.id))
    if to is DialogState.ACTIVE and waits is not None:
        raise Conflict(f"the dialog waits: {waits}; authenticate the customer first")
    if to is DialogState.CANCELLED:
        await _end(connection, dialog, to, DialogOutcome.CANCELLED, dialog.request_id, now)
    else:
        await _write(connection, dialog, now, state=to)


async def complete_dialog(
    connection: AsyncConnection,
    desk: ContactDesk,
    dialog_id: UUID,
    outcome: DialogOutcome | None,
    by: Conductor,
    now: datetime,
) -> None:
    """The topic is dealt with: the request that it stands for is opened, and carried out where a system can.

    Without `outcome` it is PENDING while a request runs and SUCCESS where there is none. Invalid while something
    required is not answered, naming it; Conflict where a request would have no customer.
    """
    if outcome is not None and outcome not in STATED:
        raise Invalid(f"a channel states one of {', '.join(sorted(STATED))}", ("outcome",))
    dialog = await hold_dialog(connection, dialog_id, now)
    topic = desk.topic(dialog.topic)
    DIALOG_STATES.check(dialog.state, DialogState.COMPLETED)
    request = dialog.request_id
    if outcome in (None, DialogOutcome.SUCCESS, DialogOutcome.PENDING, DialogOutcome.REQUIRES_APPROVAL):
        open_ones = missing(topic, dialog.answers)
        if open_ones:
            raise Invalid(f"not answered yet: {', '.join(open_ones)}", ("answers", open_ones[0]))
        if request is None and topic.kind is not None:
            request = await _opened(connection, desk, dialog, topic, by, now)
    told = outcome or (DialogOutcome.SUCCESS if request is None else DialogOutcome.PENDING)
    await _end(connection, dialog, DialogState.COMPLETED, told, request, now)


async def _opened(
    connection: AsyncConnection, desk: ContactDesk, dialog: Dialog, topic: Topic, by: Conductor, now: datetime
) -> UUID:
    session = dialog.session
    if session.customer_id is None or topic.kind is None:
        raise Conflict("identify the customer first: a request belongs to somebody")
    new = NewRequest(
        customer=session.customer_id,
        kind=topic.kind,
        subject=topic.title,
        channel=session.channel,
        session=session.id,
        topic=dialog.topic,
        answers=dialog.answers,
        handler=by.agent if topic.straight_through is None else None,
        queue=session.queue,
    )
    return await open_request(connection, desk, new, now)


async def _end(
    connection: AsyncConnection,
    dialog: Dialog,
    state: DialogState,
    outcome: DialogOutcome,
    request: UUID | None,
    now: datetime,
) -> None:
    session = dialog.session
    columns = {"state": state, "outcome": outcome, "request_id": request, "ended_at": now, "step": None}
    await _keep(connection, dialog, now, **columns)
    kind = TimelineKind.DIALOG_ENDED
    entry = Entry(kind, session.customer_id, session.channel, session.id, request, subject=dialog.topic)
    if session.phase is SessionPhase.DIALOG and not await _others(connection, session.id):
        SESSION_PHASES.check(session.phase, SessionPhase.EXPLORATION)
        await put(connection, session, now, STATE_CHANGED, entry, phase=SessionPhase.EXPLORATION)
    else:
        await put(connection, session, now, CHANGED, entry)


async def _others(connection: AsyncConnection, session: UUID) -> bool:
    """Whether a dialog of the session is not ended yet."""
    statement = "SELECT FROM business_dialog WHERE session_id = $1 AND state IN ('NEW', 'ACTIVE', 'HOLD') LIMIT 1"
    return bool(await run(connection, statement, session))


async def hold_dialog(connection: AsyncConnection, dialog_id: UUID, now: datetime) -> Dialog:
    """The dialog with its session, both held, the session first. NotFound, or Conflict once nobody speaks in it."""
    session = await conduct(connection, await hold_of_dialog(connection, dialog_id), None, now)
    statement = "SELECT topic, request_id, state, answers FROM business_dialog WHERE id = $1"
    ((topic, request, state, answers),) = await run(connection, statement, dialog_id)
    return Dialog(dialog_id, session, topic, request, DialogState(state), answers)


async def _write(connection: AsyncConnection, dialog: Dialog, now: datetime, **columns: Any) -> None:
    await _keep(connection, dialog, now, **columns)
    await put(connection, dialog.session, now, CHANGED)


async def _keep(connection: AsyncConnection, dialog: Dialog, now: datetime, **columns: Any) -> None:
    await update_row(connection, BusinessDialog, dialog.id, {**columns, "changed_at": now})
