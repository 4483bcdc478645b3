"""Open a request: what is to be done for a customer, by whom, and until when he has his first answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.answers import Answers
from hub.contacts.contact_id import new_number
from hub.contacts.desk import ContactDesk
from hub.contacts.report_request import report_opened
from hub.contacts.request import TOPIC
from hub.contacts.start_session import check_words
from hub.contacts.tables import BusinessRequest, RequestHandling, RequestTask
from hub.contacts.telling import Entry, announce, tell
from hub.contacts.view import View, view_of
from hub.customers.introduce import SELF
from hub.records.contact import DialogState, TimelineKind
from hub.records.enums import RequestKind, RequestState
from hub.records.source import JsonValue
from hub.settings.contact import ContactRules
from hub.settings.topics import Topic


@dataclass(frozen=True, slots=True)
class NewRequest:
    """A request to be. `topic` None: opened by hand, without a dialog."""

    customer: UUID
    kind: RequestKind
    subject: str
    channel: str
    session: UUID | None = None
    topic: str | None = None
    answers: Answers = field(default_factory=dict)
    handler: str | None = None
    queue: str | None = None


async def open_request(connection: AsyncConnection, desk: ContactDesk, new: NewRequest, now: datetime) -> UUID:
    """ACKNOWLEDGED for a person; IN_PROGRESS, with the order under way, where the topic goes straight through."""
    check_words("subject", new.subject)
    topic = None if new.topic is None else desk.topic(new.topic)
    call = None if topic is None else topic.straight_through
    view = await view_of(connection, new.customer)
    identity, number = uuid4(), new_number("R")
    state = RequestState.ACKNOWLEDGED if call is None else RequestState.IN_PROGRESS
    due = None if topic is None or topic.due_minutes is None else now + timedelta(minutes=topic.due_minutes)
    await _insert(connection, new, identity, number, state, due, now)
    executed_by = None if call is None else call.system
    version = desk.catalogue.version if topic else None
    await _handle(connection, desk.rules, new, identity, (executed_by, version), view, now)
    await _tasks(connection, identity, topic, now)
    told: dict[str, JsonValue] = {
        "number": number,
        "kind": new.kind.value,
        "state": state.value,
        "subject": new.subject,
        "topic": new.topic,
        "opened_at": now.isoformat(),
        "due_at": None if due is None else due.isoformat(),
    }
    order = None if call is None else (call.system, _order(call.action, new.answers, view))
    await report_opened(connection, number, new.customer, told, order, now)
    entry = Entry(TimelineKind.REQUEST_OPENED, new.customer, new.channel, new.session, identity, subject=new.subject)
    await tell(connection, entry, now)
    await announce(connection, TOPIC, identity, "CreateEvent", now)
    return identity


async def _insert(
    connection: AsyncConnection,
    new: NewRequest,
    identity: UUID,
    number: str,
    state: RequestState,
    due: datetime | None,
    now: datetime,
) -> None:
    await connection.execute(
        insert(BusinessRequest).values(
            id=identity,
            system=SELF,
            external_id=number,
            customer_id=new.customer,
            deleted=False,
            as_of=now,
            observed_at=now,
            version=1,
            kind=new.kind,
            state=state,
            number=number,
            subject=new.subject,
            opened_at=now,
            due_at=due,
        )
    )


def respond_within(rules: ContactRules, channel: str, status: str | None, kind: RequestKind) -> timedelta:
    """The first response target that fits; the general one where none does."""
    for target in rules.response_targets:
        fits = (
            target.channel in (None, channel)
            and target.kind in (None, kind)
            and (target.status is None or (status is not None and target.status.casefold() == status.casefold()))
        )
        if fits:
            return timedelta(minutes=target.minutes)
    return timedelta(minutes=rules.response_minutes)


def _order(action: str, answers: Answers, view: View) -> Mapping[str, JsonValue]:
    """What the back office needs beside the request: what to do, the answers, and whom it is for."""
    emails = view.values.get("emails")
    name = view.values.get("name")
    return {
        "action": action,
        "answers": {question: answer["value"] for question, answer in answers.items()},
        "name": None if name is None else str(name),
        "email": str(emails[0]) if isinstance(emails, list) and emails else None,
    }


async def _handle(
    connection: AsyncConnection,
    rules: ContactRules,
    new: NewRequest,
    identity: UUID,
    execution: tuple[str | None, int | None],
    view: View,
    now: datetime,
) -> None:
    executed_by, topic_version = execution
    await connection.execute(
        insert(RequestHandling).values(
            request_id=identity,
            topic=new.topic,
            topic_version=topic_version,
            channel=new.channel,
            session_id=new.session,
            handler=new.handler,
            queue=new.queue,
            respond_by=now + respond_within(rules, new.channel, view.status, new.kind),
            executed_by=executed_by,
            answers=new.answers,
        )
    )


async def _tasks(connection: AsyncConnection, request: UUID, topic: Topic | None, now: datetime) -> None:
    """The system's own task first, where one carries the request out; then what persons do."""
    if topic is None:
        return
    call = topic.straight_through
    named: list[tuple[str, str | None]] = [] if call is None else [(call.action, call.system)]
    named += [(name, None) for name in topic.tasks]
    rows = [
        {
            "request_id": request,
            "position": position,
            "name": name,
            "system": system,
            "state": DialogState.NEW if system is None else DialogState.ACTIVE,
            "changed_at": now,
        }
        for position, (name, system) in enumerate(named, start=1)
    ]
    if rows:
        await connection.execute(insert(RequestTask), rows)
