"""Record what a customer answered to a lead, in any channel: once, at its own time, and nothing more is delivered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.session_tables import CustomerSession
from hub.contacts.telling import Entry, announce, tell
from hub.errors import Conflict, InTheFuture, Invalid, NotFound, OtherCustomer
from hub.leads.lead import REACHED, TOPIC, Lead, change_lead, handle, hold_lead, move_lead
from hub.leads.report_lead import leads_reach
from hub.leads.states import ANSWERED, LEAD_STATES, RATED
from hub.leads.tables import LeadResponse
from hub.leads.tell_response import tell_response
from hub.records.contact import TimelineKind
from hub.records.enums import LeadState
from hub.records.leads import LeadOutcome

CLOCK_TOLERANCE: Final = timedelta(seconds=60)
"""How far a channel's clock may be ahead of the hub's."""

KEY_MAX: Final = 500
CHANNEL_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class NewResponse:
    """An answer to be. `key` is the same for every repeat of it; `delivery` is the one whose link was followed."""

    lead: UUID
    key: str
    channel: str
    outcome: LeadOutcome
    occurred_at: datetime
    session: UUID | None = None
    delivery: UUID | None = None


@dataclass(frozen=True, slots=True)
class RecordedResponse:
    """`lead` is the hub's own where a package's counterpart was named; `repeated`: it was recorded before."""

    id: UUID
    lead: UUID
    repeated: bool


async def record_response(
    connection: AsyncConnection, new: NewResponse, principal: str, now: datetime
) -> RecordedResponse:
    """Tie the answer to its lead, move the lead, and want campaign and lead management to know.

    From this transaction's commit on the lead has a response, and whoever delivers must look for one under the lead's
    lock. An answer to a lead that has ended is kept and changes nothing. Raises NotFound, OtherCustomer for a session
    of somebody else, InTheFuture, Invalid, or Conflict for a key that stands for another answer.
    """
    _check(new, now)
    lead = await hold_lead(connection, new.lead)
    if new.session is not None:
        await _same_customer(connection, lead, new.session)
    recorded = await _inserted(connection, lead, new, principal, now)
    if recorded.repeated:
        return recorded
    if lead.responded_at is None:
        await handle(connection, lead, now, responded_at=new.occurred_at, **REACHED)
    if await _is_latest(connection, lead, new):
        await _follow(connection, lead, new.outcome, now)
    await tell_response(connection, lead, new.channel, new.outcome, new.occurred_at, recorded.id, now)
    subject = f"{lead.number or lead.name} {new.outcome.value}"
    entry = Entry(TimelineKind.LEAD_ANSWERED, lead.customer_id, new.channel, new.session, lead=lead.id, subject=subject)
    await tell(connection, entry, now, at=new.occurred_at)
    await announce(connection, TOPIC, lead.id, "AttributeValueChangeEvent", now)
    return recorded


def _check(new: NewResponse, now: datetime) -> None:
    if not 0 < len(new.key) <= KEY_MAX:
        raise Invalid(f"a key has 1 to {KEY_MAX} characters", ("idempotencyKey",))
    if not 0 < len(new.channel.strip()) <= CHANNEL_MAX:
        raise Invalid(f"a channel has 1 to {CHANNEL_MAX} characters", ("channel",))
    if new.occurred_at > now + CLOCK_TOLERANCE:
        raise InTheFuture("it is told for a time that has not come: set the channel's clock", ("at",))


async def _same_customer(connection: AsyncConnection, lead: Lead, session: UUID) -> None:
    found = select(CustomerSession.customer_id).where(CustomerSession.id == session)
    row = (await connection.execute(found)).one_or_none()
    if row is None:
        raise NotFound("there is no such session")
    if row.customer_id is None or row.customer_id != lead.customer_id:
        raise OtherCustomer("the lead is another customer's than the session", ("sessionId",))


async def _inserted(
    connection: AsyncConnection, lead: Lead, new: NewResponse, principal: str, now: datetime
) -> RecordedResponse:
    row = insert(LeadResponse).values(
        id=uuid4(),
        key=new.key,
        lead_id=lead.id,
        customer_id=lead.customer_id,
        channel=new.channel,
        outcome=new.outcome.value,
        session_id=new.session,
        delivery_id=new.delivery,
        occurred_at=min(new.occurred_at, now),
        recorded_at=now,
        recorded_by=principal,
    )
    made: UUID | None = await connection.scalar(
        row.on_conflict_do_nothing(index_elements=["key"]).returning(LeadResponse.id)
    )
    if made is not None:
        return RecordedResponse(made, lead.id, repeated=False)
    columns = (LeadResponse.id, LeadResponse.lead_id, LeadResponse.outcome, LeadResponse.channel)
    before = (await connection.execute(select(*columns).where(LeadResponse.key == new.key))).one()
    if (before.lead_id, before.outcome, before.channel) != (lead.id, new.outcome.value, new.channel):
        raise Conflict("this key was used for another answer before")
    return RecordedResponse(before.id, lead.id, repeated=True)


async def _is_latest(connection: AsyncConnection, lead: Lead, new: NewResponse) -> bool:
    """An answer that arrives behind a later one of the same customer is history."""
    later: bool | None = await connection.scalar(
        text("SELECT EXISTS (SELECT FROM lead_response WHERE lead_id = :lead AND occurred_at > :at)"),
        {"lead": lead.id, "at": new.occurred_at},
    )
    return not later


async def _follow(connection: AsyncConnection, lead: Lead, outcome: LeadOutcome, now: datetime) -> None:
    """Rating and state as the answer says, as far as the lead can still go there."""
    if LEAD_STATES.ended(lead.state) or not await leads_reach(connection, lead.system):
        return
    lead = await change_lead(connection, lead, {"rating": RATED[outcome].value}, now)
    to = ANSWERED[outcome]
    if to is LeadState.IN_PROGRESS and lead.state is not LeadState.ACKNOWLEDGED:
        return
    await move_lead(connection, lead, to, f"the customer answered {outcome.value}", now)
