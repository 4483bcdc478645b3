"""Open a lead: somebody's interest, or a place in an outbound campaign, as a chance to be followed up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.contact_id import new_number
from hub.contacts.telling import Entry, changed, tell_each
from hub.customers.introduce import SELF
from hub.errors import Conflict, Invalid
from hub.leads.lead import TOPIC
from hub.leads.report_lead import Opened, report_opened
from hub.leads.tables import LeadHandling, SalesLead
from hub.records.contact import Direction, TimelineKind
from hub.records.enums import LeadPriority, LeadRating, LeadState
from hub.records.source import JsonValue

WORDS_MAX = 200


@dataclass(frozen=True, slots=True)
class NewLead:
    """A lead to be. `event`: the contact event it comes from; `source`: the membership, as (system, id), it is.

    Either makes it once. `currency` (ISO 4217) stands beside `amount`.
    """

    customer: UUID
    name: str
    direction: Direction
    channel: str | None = None
    proposition: str | None = None
    campaign: str | None = None
    rating: LeadRating | None = None
    priority: LeadPriority | None = None
    amount: Decimal | None = None
    currency: str | None = None
    owner: str | None = None
    session: UUID | None = None
    dialog: UUID | None = None
    event: str | None = None
    source: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class OpenedLead:
    """`repeated`: the event or membership had made it before."""

    id: UUID
    repeated: bool


async def open_lead(connection: AsyncConnection, new: NewLead, principal: str, now: datetime) -> OpenedLead:
    """ACKNOWLEDGED, and wanted at lead management. Invalid for a name or an amount that is none."""
    _check(new)
    before = await _opened_before(connection, new)
    if before is not None:
        return OpenedLead(before, repeated=True)
    (identity,) = await open_leads(connection, [(new, principal)], now)
    return OpenedLead(identity, repeated=False)


async def open_leads(connection: AsyncConnection, new: Sequence[tuple[NewLead, str]], now: datetime) -> Sequence[UUID]:
    """As `open_lead` for each with who opens it, of which the caller has seen to it that none is there yet.

    In their order, by the same few statements however many they are.
    """
    if not new:
        return []
    made = [_Made(uuid4(), new_number("L"), one, principal) for one, principal in new]
    await connection.execute(insert(SalesLead), [_row(one, now) for one in made])
    await connection.execute(insert(LeadHandling), [_handling(one, now) for one in made])
    await report_opened(connection, [Opened(one.number, one.new.customer, _told(one.new, now)) for one in made], now)
    changes = [changed(TOPIC, one.id, "CreateEvent") for one in made]
    await tell_each(connection, [_entry(one) for one in made], now, changes)
    return [one.id for one in made]


@dataclass(frozen=True, slots=True)
class _Made:
    id: UUID
    number: str
    new: NewLead
    principal: str


def _entry(made: _Made) -> Entry:
    new, subject = made.new, f"{made.number} {made.new.name}"
    return Entry(TimelineKind.LEAD_OPENED, new.customer, new.channel, new.session, lead=made.id, subject=subject)


def _row(made: _Made, now: datetime) -> dict[str, object]:
    new = made.new
    return {
        "id": made.id,
        "system": SELF,
        "external_id": made.number,
        "customer_id": new.customer,
        "deleted": False,
        "as_of": now,
        "observed_at": now,
        "version": 1,
        "number": made.number,
        "name": new.name,
        "state": LeadState.ACKNOWLEDGED,
        "rating": new.rating,
        "priority": new.priority,
        "amount": new.amount,
        "currency": new.currency,
        "started_on": now.date(),
        "lead_owner": new.owner,
        "campaign": new.campaign,
    }


def _check(new: NewLead) -> None:
    words = {"name": new.name, "channel": new.channel, "campaign": new.campaign, "owner": new.owner}
    for name, value in words.items():
        if value is not None and not 0 < len(value.strip()) <= WORDS_MAX:
            raise Invalid(f"{name} has 1 to {WORDS_MAX} characters", (name,))
    if (new.amount is None) != (new.currency is None):
        raise Invalid("an amount needs its currency, and a currency its amount", ("currency",))
    if new.amount is not None and (not new.amount.is_finite() or new.amount < 0):
        raise Invalid("an amount is a number of 0 or more", ("amount",))
    if new.currency is not None and not (len(new.currency) == 3 and new.currency.isalpha() and new.currency.isupper()):
        raise Invalid("a currency is a code of ISO 4217, such as EUR", ("currency",))


async def _opened_before(connection: AsyncConnection, new: NewLead) -> UUID | None:
    """Holds the key until the transaction ends, so that of two at once the second one sees the first."""
    if new.event is None and new.source is None:
        return None
    system, source = new.source or (None, None)
    key = f"lead/{new.event}" if new.event is not None else f"lead/{system}/{source}"
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
    row = (
        await connection.execute(
            text(
                """SELECT h.lead_id, l.customer_id FROM lead_handling h JOIN sales_lead l ON l.id = h.lead_id
                   WHERE h.event_id = :event OR (h.source_system = :system AND h.source_id = :source)"""
            ),
            {"event": new.event, "system": system, "source": source},
        )
    ).one_or_none()
    if row is None:
        return None
    if row.customer_id != new.customer:
        raise Conflict("this event or membership is another customer's lead already")
    found: UUID = row.lead_id
    return found


def _told(new: NewLead, now: datetime) -> dict[str, JsonValue]:
    return {
        "name": new.name,
        "state": LeadState.ACKNOWLEDGED.value,
        "rating": new.rating,
        "priority": new.priority,
        "amount": None if new.amount is None else str(new.amount),
        "currency": new.currency,
        "owner": new.owner,
        "started_on": now.date().isoformat(),
    }


def _handling(made: _Made, now: datetime) -> dict[str, object]:
    new = made.new
    system, source = new.source or (None, None)
    return {
        "lead_id": made.id,
        "direction": new.direction,
        "channel": new.channel,
        "proposition": new.proposition,
        "session_id": new.session,
        "dialog_id": new.dialog,
        "event_id": new.event,
        "source_system": system,
        "source_id": source,
        "opened_by": made.principal,
        "opened_at": now,
    }
