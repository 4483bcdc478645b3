"""One week of a small company, written straight into the tables; test_metrics.py works its figures out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.session_tables import BusinessDialog, CustomerSession, SessionLeg
from hub.contacts.tables import BusinessRequest, Commitment, RequestHandling, RequestTask
from hub.leads.tables import SalesLead
from hub.offers.tables import ContactEvent
from hub.outbound.tables import LeadDelivery
from hub.settings.channels import OutboundChannel
from hub.settings.contact import CHANNELS, Channel
from hub.settings.steering import SteeringRules
from hub.steering.scope import MetricsBy, Period, Scope
from tests.schema.company import add, uid

RULES: Final = SteeringRules(
    time_zone="Europe/Amsterdam",
    repeat_days=7,
    answer_seconds=5,
)
CALLS: Final = {"manned": True, "answer_seconds": 20, "cost": Decimal("6.50"), "yield": Decimal(11)}
PRICED: Final = {
    **CHANNELS,
    "call-centre": Channel.model_validate(CALLS),
    "web": Channel(cost=Decimal("0.25")),
}
LETTERS: Final = OutboundChannel.model_validate(
    {"kind": "CALL_LIST", "contact_channel": "post", "cost": 1.1, "yield": 3}
)
FREE: Final = OutboundChannel.model_validate({"kind": "CALL_LIST", "contact_channel": "phone"})


def asked(period: Period, channel: str | None = None, by: MetricsBy | None = None) -> Scope:
    """Of the company with its prices."""
    return Scope(period, RULES, channel, by, PRICED, {"letters": LETTERS, "calls": FREE})


NOW: Final = datetime(2026, 3, 20, 12, tzinfo=UTC)


def at(text: str) -> datetime:
    """A time of March 2026 in UTC: "2 09:00" is Monday the second."""
    day, _, time = text.partition(" ")
    hour, _, minute = time.partition(":")
    return datetime(2026, 3, int(day), int(hour), int(minute), tzinfo=UTC)


@dataclass(frozen=True)
class Contact:
    """`legs`: seconds after the start at which each began and ended; all but the last one end in a transfer."""

    name: str
    channel: str
    customer: str
    topic: str | None
    start: datetime
    answered: int | None
    legs: Sequence[tuple[int, int]]
    result: str | None = "COMPLETED"
    csat: int | None = None
    nps: int | None = None
    direction: str = "INBOUND"
    dialogs: Sequence[tuple[str, str]] = field(default=())


CONTACTS: Final = (
    Contact("c1", "call-centre", "Anna", "order", at("2 09:00"), 10, [(0, 310)], csat=5, nps=10),
    Contact("c2", "call-centre", "Ben", "order", at("2 09:05"), 30, [(0, 150), (210, 450)], csat=3, nps=6,
            dialogs=[("moving", "COMPLETED")]),
    Contact("c3", "call-centre", "Cor", "moving", at("3 10:00"), None, [(0, 90)], result="ABANDONED"),
    Contact("c4", "call-centre", "Anna", "order", at("5 09:00"), 20, [(0, 80)], csat=4, nps=9),
    Contact("c5", "web", "Dina", "moving", at("4 12:00"), 0, [(0, 600)]),
    # After midnight in Amsterdam: Monday of the next week.
    Contact("c6", "web", "Dina", "moving", at("8 23:30"), 0, [(0, 60)]),
    # Likewise, and so Monday of this one.
    Contact("c7", "web", "Eva", "moving", at("1 23:30"), 0, [(0, 1800)], result="TIMED_OUT"),
    Contact("c8", "email", "Ben", None, at("6 15:00"), 0, [(0, 30)], nps=8, direction="OUTBOUND",
            dialogs=[("order", "CANCELLED")]),
)  # fmt: skip


async def add_contact(connection: AsyncConnection, contact: Contact) -> None:
    """The session with its legs and dialogs; transferred ones end in another channel than they began in."""
    identity, last = uid(contact.name), contact.legs[-1][1]
    await add(
        connection,
        CustomerSession,
        id=identity,
        contact_id=contact.name,
        customer_id=uid(contact.customer),
        channel=contact.channel if len(contact.legs) == 1 else "branch",
        direction=contact.direction,
        phase="WRAP_UP",
        state="CLOSED" if contact.result else "OPEN",
        result=contact.result,
        level="IDENTIFIED",
        topic=contact.topic,
        csat=contact.csat,
        nps=contact.nps,
        started_at=contact.start,
        answered_at=None if contact.answered is None else contact.start + timedelta(seconds=contact.answered),
        active_at=contact.start,
        ended_at=contact.start + timedelta(seconds=last) if contact.result else None,
    )
    for number, (began, ended) in enumerate(contact.legs, start=1):
        await add(
            connection,
            SessionLeg,
            session_id=identity,
            number=number,
            channel=contact.channel if number == 1 else "branch",
            began_at=contact.start + timedelta(seconds=began),
            ended_at=contact.start + timedelta(seconds=ended),
            result="TRANSFERRED" if number < len(contact.legs) else contact.result,
        )
    for place, (topic, state) in enumerate(contact.dialogs):
        await add(
            connection,
            BusinessDialog,
            id=uid(f"{contact.name} dialog {place}"),
            session_id=identity,
            customer_id=uid(contact.customer),
            topic=topic,
            topic_version=1,
            channel=contact.channel,
            state=state,
            started_at=contact.start,
            changed_at=contact.start,
        )


@dataclass(frozen=True)
class Request:
    """`tasks`: name, state, when it changed."""

    name: str
    channel: str
    topic: str | None
    opened: datetime
    respond_by: datetime
    responded: datetime | None = None
    closed: datetime | None = None
    state: str = "IN_PROGRESS"
    tasks: Sequence[tuple[str, str, datetime]] = ()
    system: str = "hub"


REQUESTS: Final = (
    Request("r1", "call-centre", "moving", at("2 10:00"), at("2 11:00"), at("2 10:30"), at("4 10:00"), "COMPLETED",
            [("plan", "COMPLETED", at("2 12:00")), ("confirm", "COMPLETED", at("4 10:00"))]),
    Request("r2", "call-centre", "moving", at("3 10:00"), at("3 11:00"), at("3 12:00"),
            tasks=[("plan", "COMPLETED", at("3 16:00")), ("confirm", "NEW", at("3 10:00"))]),
    Request("r3", "email", None, at("6 08:00"), at("6 08:30"), state="ACKNOWLEDGED"),
    Request("r4", "call-centre", "moving", at("3 10:00"), at("3 11:00"), system="crm"),
)  # fmt: skip


async def add_request(connection: AsyncConnection, request: Request) -> None:
    """The request with its handling and tasks."""
    identity = uid(request.name)
    await add(
        connection,
        BusinessRequest,
        id=identity,
        system=request.system,
        external_id=request.name,
        customer_id=uid("Anna"),
        deleted=False,
        as_of=request.opened,
        observed_at=request.opened,
        version=1,
        kind="SERVICE",
        state=request.state,
        number=request.name,
        opened_at=request.opened,
    )
    await add(
        connection,
        RequestHandling,
        request_id=identity,
        topic=request.topic,
        channel=request.channel,
        respond_by=request.respond_by,
        responded_at=request.responded,
        closed_at=request.closed,
    )
    for position, (name, state, changed) in enumerate(request.tasks, start=1):
        values = {"position": position, "name": name, "state": state, "changed_at": changed}
        await add(connection, RequestTask, request_id=identity, **values)


@dataclass(frozen=True)
class Event:
    """`offer`: the entry of a list it answers; None: reported without one."""

    offer: str | None
    kind: str
    channel: str
    at: datetime
    proposition: str | None = "fibre"


EVENTS: Final = (
    Event("o1", "SHOWN", "call-centre", at("2 09:01")),
    Event("o1", "ACCEPTED", "call-centre", at("2 09:02")),
    Event("o2", "SHOWN", "call-centre", at("2 09:06")),
    Event("o2", "SHOWN", "call-centre", at("3 09:06")),
    Event("o2", "REJECTED", "call-centre", at("3 09:07")),
    Event("o3", "SHOWN", "web", at("4 12:01")),
    Event("o3", "CLICKED", "web", at("4 12:02")),
    # Seen on the web site, taken by telephone a day later: one offer, and the web site's.
    Event("o4", "SHOWN", "web", at("4 12:01")),
    Event("o4", "ACCEPTED", "call-centre", at("5 09:01")),
    Event(None, "INTEREST", "web", at("4 12:03"), proposition=None),
    Event(None, "LATER", "email", at("6 15:00")),
    Event("o9", "SHOWN", "web", at("9 00:00")),
)


async def add_event(connection: AsyncConnection, place: int, event: Event) -> None:
    """The event as recordContactEvents keeps it."""
    action: UUID | None = None if event.offer is None else uid(event.offer)
    await add(
        connection,
        ContactEvent,
        event_id=f"e{place}",
        customer_id=uid("Anna"),
        next_best_action_id=action,
        channel=event.channel,
        kind=event.kind,
        proposition=event.proposition,
        occurred_at=event.at,
        recorded_at=NOW,
        principal="test",
        digest=b"",
    )


COMMITMENTS: Final = (
    ("k1", "c1", None, at("3 12:00"), "KEPT", at("3 11:00")),
    ("k2", "c1", None, at("3 12:00"), "KEPT", at("3 13:00")),
    ("k3", "c1", None, at("3 12:00"), "WITHDRAWN", at("3 11:00")),
    ("k4", None, "r3", at("6 12:00"), "BROKEN", None),
    ("k5", "c1", None, at("10 12:00"), "KEPT", at("9 12:00")),
)
"""Name, session, request, due, state, settled."""


async def add_week(connection: AsyncConnection) -> None:
    """All of it."""
    for contact in CONTACTS:
        await add_contact(connection, contact)
    for request in REQUESTS:
        await add_request(connection, request)
    for place, event in enumerate(EVENTS):
        await add_event(connection, place, event)
    for name, session, request_name, due, state, settled in COMMITMENTS:
        await add(
            connection,
            Commitment,
            id=uid(name),
            customer_id=uid("Anna"),
            session_id=None if session is None else uid(session),
            request_id=None if request_name is None else uid(request_name),
            promise="Call back",
            due_at=due,
            handler="agent-7",
            state=state,
            made_by="agent-7",
            made_at=at("2 09:00"),
            settled_at=settled,
        )


async def add_delivery(connection: AsyncConnection, name: str, way: str, sent: datetime | None) -> None:
    """A lead of Anna's that went out by this way, or waits."""
    lead, begun = uid(f"lead {name}"), at("1 09:00")
    held = {"customer_id": uid("Anna"), "deleted": False, "as_of": begun, "observed_at": begun, "version": 1}
    await add(connection, SalesLead, id=lead, system="hub", external_id=name, number=name, state="ACKNOWLEDGED", **held)
    await add(
        connection,
        LeadDelivery,
        id=uid(name),
        lead_id=lead,
        channel=way,
        kind="CALL_LIST",
        step=1,
        state="PLANNED" if sent is None else "SENT",
        rank=1,
        planned_for=begun,
        expires_at=NOW,
        sent_at=sent,
        created_at=begun,
        changed_at=begun,
    )
