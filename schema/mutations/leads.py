"""Open leads, tie answers to them, and work them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Self, TypeAlias
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.errors import Conflict, Invalid, NotFound
from hub.leads.open_lead import NewLead, open_lead
from hub.leads.record_response import NewResponse
from hub.leads.work_lead import convert_lead, update_lead
from hub.outbound.respond import advance, respond
from hub.reads.belongings import LEADS
from hub.reads.customers import customers_by_id
from hub.reads.handling import DIALOGS
from hub.reads.parts import parts_by_id
from hub.reads.sessions import SESSIONS, SessionRow
from schema.authorise import Requires, Scope
from schema.conducting import conductor, session_of
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.contact_payload import KEY
from schema.mutations.outcome import KEY_LENGTH_MAX, Outcome, Problem, carry_out
from schema.types.enums import Direction, LeadOutcome, LeadPriority, LeadRating, LeadState
from schema.types.sales_lead import SalesLead

Take: TypeAlias = Callable[[AsyncConnection, UUID], Awaitable[UUID]]


@strawberry.input(description="A customer's interest that somebody is to follow up.")
class OpenLeadInput:
    """Of the customer of a session or dialog, or of one who is named."""

    name: str = strawberry.field(description="In a few words.")
    dialog_id: GlobalID | None = strawberry.field(default=None, description="The dialog in which he showed it.")
    session_id: GlobalID | None = strawberry.field(default=None, description="The session in which he showed it.")
    customer_id: GlobalID | None = strawberry.field(default=None, description="Whose it is, outside a session.")
    channel: str | None = strawberry.field(default=None, description="Where he showed it, outside a session.")
    proposition: str | None = strawberry.field(default=None, description="What he is interested in, by the catalogue.")
    campaign: str | None = strawberry.field(default=None, description="The campaign that it belongs to.")
    rating: LeadRating | None = strawberry.field(default=None, description="How promising it is.")
    priority: LeadPriority | None = strawberry.field(default=None, description="How urgent it is.")
    amount: Decimal | None = strawberry.field(default=None, description="What it may be worth.")
    currency: str | None = strawberry.field(default=None, description="Currency of the amount (ISO 4217).")
    lead_owner: str | None = strawberry.field(default=None, description="Who follows it up.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="What a customer answered to a lead.")
class RecordLeadResponseInput:
    """In whatever channel; the lead's other deliveries are stopped."""

    lead_id: GlobalID = strawberry.field(description="The lead.")
    outcome: LeadOutcome = strawberry.field(description="What he answered.")
    session_id: GlobalID | None = strawberry.field(default=None, description="The session in which he answered.")
    channel: str | None = strawberry.field(default=None, description="The channel; left out: the session's.")
    at: datetime | None = strawberry.field(default=None, description="When he answered; left out: now.")
    idempotency_key: str = strawberry.field(
        description="Your own id of this answer, such as a UUID: the same for every repeat, for ever."
    )


@strawberry.input(description="How a lead is followed up.")
class UpdateLeadInput:
    """What is left out stays."""

    lead_id: GlobalID = strawberry.field(description="The lead.")
    rating: LeadRating | None = strawberry.field(default=None, description="How promising it is.")
    priority: LeadPriority | None = strawberry.field(default=None, description="How urgent it is.")
    lead_owner: str | None = strawberry.field(default=None, description="Who follows it up.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Where a lead goes.")
class AdvanceLeadInput:
    """Lead management is told."""

    lead_id: GlobalID = strawberry.field(description="The lead.")
    to: LeadState = strawberry.field(description="The state it gets.")
    reason: str | None = strawberry.field(default=None, description="Why, in a few words.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="A lead that becomes an opportunity.")
class ConvertLeadInput:
    """At its lead management."""

    lead_id: GlobalID = strawberry.field(description="The lead.")
    reason: str | None = strawberry.field(default=None, description="Why, in a few words.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="The lead as it is now, or why nothing happened.")
class LeadPayload:
    """One of the two is empty."""

    lead: SalesLead | None = strawberry.field(description="The lead.")
    problems: list[Problem] = strawberry.field(description="Why nothing happened.")

    @classmethod
    async def of(cls, info: Info, outcome: Outcome) -> Self:
        """Read anew."""
        identity = outcome.response.get("lead")
        found = None if identity is None else await SalesLead.visible(info, UUID(str(identity)))
        return cls(lead=found, problems=outcome.problems)


Opened = Annotated[OpenLeadInput, strawberry.argument(description="What he is interested in.")]
Answered = Annotated[RecordLeadResponseInput, strawberry.argument(description="Which lead, and the answer.")]
Updated = Annotated[UpdateLeadInput, strawberry.argument(description="Which lead, and what changes.")]
Advanced = Annotated[AdvanceLeadInput, strawberry.argument(description="Which lead, and where to.")]
Converted = Annotated[ConvertLeadInput, strawberry.argument(description="Which lead.")]

_WORK = Requires(Scope.LEADS_WORK)


@strawberry.type
class LeadMutations:
    """Mixed into Mutation."""

    @resolved("Open a lead for a customer's interest; lead management gets it under the hub's number.", _WORK)
    async def open_lead(self, info: Info, input: Opened) -> LeadPayload:
        """CONFLICT while nobody knows who the customer is."""
        outcome = await carry_out(
            info.context, "openLead", _given(input), lambda c: _open(info.context, c, input), key=input.idempotency_key
        )
        return await LeadPayload.of(info, outcome)

    @resolved(
        "Tie a customer's answer to a lead: its other deliveries stop, and campaign and lead management hear of it.",
        _WORK,
    )
    async def record_lead_response(self, info: Info, input: Answered) -> LeadPayload:
        """An answer to a lead that has ended is kept, and changes nothing."""
        outcome = await carry_out(info.context, "recordLeadResponse", {}, lambda c: _answer(info.context, c, input))
        return await LeadPayload.of(info, outcome)

    @resolved("Rate a lead, say how urgent it is, or who follows it up.", _WORK)
    async def update_lead(self, info: Info, input: Updated) -> LeadPayload:
        """CONFLICT once it has ended."""
        columns = {"rating": input.rating, "priority": input.priority, "lead_owner": input.lead_owner}
        changes = {name: str(value) for name, value in columns.items() if value is not None}

        async def take(connection: AsyncConnection, lead: UUID) -> UUID:
            return await update_lead(connection, lead, changes, info.context.now())

        return await _step(info, "updateLead", input.lead_id, changes, input.idempotency_key, take)

    @resolved("Move a lead on; lead management and the customer's followers hear of it.", _WORK)
    async def advance_lead(self, info: Info, input: Advanced) -> LeadPayload:
        """CONFLICT names the states that may follow."""

        async def take(connection: AsyncConnection, lead: UUID) -> UUID:
            return await advance(connection, lead, input.to, input.reason, info.context.now())

        given = {"to": input.to.value, "reason": input.reason}
        return await _step(info, "advanceLead", input.lead_id, given, input.idempotency_key, take)

    @resolved("Make an opportunity of a lead at its lead management; `receipts` tells what became of that.", _WORK)
    async def convert_lead(self, info: Info, input: Converted) -> LeadPayload:
        """CONFLICT where it has ended or is one already."""

        async def take(connection: AsyncConnection, lead: UUID) -> UUID:
            return await convert_lead(connection, lead, input.reason, info.context.now())

        return await _step(info, "convertLead", input.lead_id, {"reason": input.reason}, input.idempotency_key, take)


def _given(given: OpenLeadInput) -> Mapping[str, object]:
    told = {name: value for name, value in vars(given).items() if value is not None and name != "idempotency_key"}
    return {name: str(value) for name, value in told.items()}


async def _open(context: Context, connection: AsyncConnection, given: OpenLeadInput) -> Mapping[str, object]:
    customer, channel, session, dialog = await _place(context, connection, given)
    catalogue = context.hub.offering.catalogue
    if given.proposition is not None and given.proposition not in catalogue.propositions:
        raise Invalid(f"the catalogue has no proposition {given.proposition!r:.80}", ("proposition",))
    new = NewLead(
        customer=customer,
        name=given.name,
        direction=Direction.INBOUND,
        channel=channel,
        proposition=given.proposition,
        campaign=given.campaign,
        rating=given.rating,
        priority=given.priority,
        amount=given.amount,
        currency=given.currency,
        owner=given.lead_owner or conductor(context).agent,
        session=session,
        dialog=dialog,
    )
    opened = await open_lead(connection, new, context.principal.subject, context.now())
    return {"lead": str(opened.id)}


async def _place(
    context: Context, connection: AsyncConnection, given: OpenLeadInput
) -> tuple[UUID, str | None, UUID | None, UUID | None]:
    """Whose interest it is, in which channel, session and dialog."""
    chosen = [one for one in (given.dialog_id, given.session_id, given.customer_id) if one is not None]
    if len(chosen) != 1:
        raise Invalid("give exactly one of dialogId, sessionId and customerId", ("sessionId",))
    if given.customer_id is not None:
        identity = uuid_of(given.customer_id, "Customer")
        found = await customers_by_id(connection, [identity], context.reach)
        if identity not in found:
            raise NotFound("there is no such customer")
        return found[identity].id, given.channel, None, None
    if given.dialog_id is not None:
        identity = uuid_of(given.dialog_id, "BusinessDialog")
        dialogs = await parts_by_id(connection, DIALOGS, [identity], context.reach)
        if identity not in dialogs:
            raise NotFound("there is no such dialog")
        dialog = dialogs[identity]
        return _known(dialog.customer_id), dialog.channel, dialog.session_id, dialog.id
    session = await _session(context, connection, given.session_id or chosen[0])
    return _known(session.customer_id), session.channel, session.id, None


def _known(customer: UUID | None) -> UUID:
    if customer is None:
        raise Conflict("identify the customer first: a lead belongs to somebody")
    return customer


async def _session(context: Context, connection: AsyncConnection, identity: GlobalID) -> SessionRow:
    session = await session_of(context, connection, identity)
    return (await parts_by_id(connection, SESSIONS, [session], context.reach))[session]


async def _answer(
    context: Context, connection: AsyncConnection, given: RecordLeadResponseInput
) -> Mapping[str, object]:
    if not 0 < len(given.idempotency_key) <= KEY_LENGTH_MAX:
        raise Invalid(f"a key has 1 to {KEY_LENGTH_MAX} characters", ("idempotencyKey",))
    lead = await _visible(context, connection, given.lead_id)
    session = None if given.session_id is None else await _session(context, connection, given.session_id)
    channel = given.channel or (None if session is None else session.channel)
    if channel is None:
        raise Invalid("give the channel in which he answered, or the session", ("channel",))
    new = NewResponse(
        lead=lead,
        key=f"{context.principal.subject}/{given.idempotency_key}",
        channel=channel,
        outcome=given.outcome,
        occurred_at=given.at or context.now(),
        session=None if session is None else session.id,
    )
    recorded = await respond(connection, new, context.principal.subject, context.now())
    return {"lead": str(recorded.lead)}


async def _visible(context: Context, connection: AsyncConnection, identity: GlobalID) -> UUID:
    lead = uuid_of(identity, "SalesLead")
    if lead not in await parts_by_id(connection, LEADS, [lead], context.reach):
        raise NotFound("there is no such lead")
    return lead


async def _step(
    info: Info, operation: str, lead: GlobalID, given: Mapping[str, object], key: str | None, take: Take
) -> LeadPayload:
    """Take one step with a visible lead, at most once per key."""

    async def write(connection: AsyncConnection) -> Mapping[str, object]:
        return {"lead": str(await take(connection, await _visible(info.context, connection, lead)))}

    return await LeadPayload.of(
        info, await carry_out(info.context, operation, {"lead": str(lead), **given}, write, key=key)
    )
