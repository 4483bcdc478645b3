"""Work the call list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.outbound.call_list import claim_call, complete_call, release_call
from hub.outbound.respond import respond_by_call
from schema.authorise import Requires, Scope
from schema.conducting import session_of
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.contact_payload import KEY
from schema.mutations.outcome import Outcome, Problem, carry_out
from schema.types.delivery import LeadDelivery
from schema.types.enums import CallOutcome, LeadOutcome


@strawberry.input(description="From which list.")
class ClaimCallInput:
    """The most urgent name that nobody has."""

    channel: str = strawberry.field(description="The call list, as hub.yaml names it.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="A call that you do not make after all.")
class ReleaseCallInput:
    """Somebody else gets it."""

    call_id: GlobalID = strawberry.field(description="The delivery that you claimed.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="What a call came to.")
class CompleteCallInput:
    """With the customer's answer, where he gave one."""

    call_id: GlobalID = strawberry.field(description="The delivery that you claimed.")
    outcome: CallOutcome = strawberry.field(description="What the call came to.")
    response: LeadOutcome | None = strawberry.field(
        default=None, description="What he answered to the lead; only when he was REACHED."
    )
    session_id: GlobalID | None = strawberry.field(default=None, description="The session of the call.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="The delivery as it is now, or why nothing happened.")
class DeliveryPayload:
    """Both are empty where nobody is left to be called."""

    delivery: LeadDelivery | None = strawberry.field(description="The delivery; null: nobody is left on the list.")
    problems: list[Problem] = strawberry.field(description="Why nothing happened.")

    @classmethod
    async def of(cls, info: Info, outcome: Outcome) -> Self:
        """Read anew."""
        identity = outcome.response.get("delivery")
        found = None if identity is None else await LeadDelivery.visible(info, UUID(str(identity)))
        return cls(delivery=found, problems=outcome.problems)


Claimed = Annotated[ClaimCallInput, strawberry.argument(description="From which list.")]
Released = Annotated[ReleaseCallInput, strawberry.argument(description="Which call.")]
Completed = Annotated[CompleteCallInput, strawberry.argument(description="Which call, and what it came to.")]

_CALL = Requires(Scope.OUTBOUND_CALL)


@strawberry.type
class CallMutations:
    """Mixed into Mutation."""

    @resolved("Take the most urgent name of a call list; it is yours until its lease ends.", _CALL)
    async def claim_call(self, info: Info, input: Claimed) -> DeliveryPayload:
        """CONFLICT while the list is closed, has had its calls, or you have one."""
        given = {"channel": input.channel}
        outcome = await carry_out(
            info.context, "claimCall", given, lambda c: _claim(info.context, c, input), key=input.idempotency_key
        )
        return await DeliveryPayload.of(info, outcome)

    @resolved("Give a claimed name back to the list, as if you had not taken it.", _CALL)
    async def release_call(self, info: Info, input: Released) -> DeliveryPayload:
        """CONFLICT for one that is not yours."""
        given = {"call": str(input.call_id)}
        outcome = await carry_out(
            info.context, "releaseCall", given, lambda c: _release(info.context, c, input), key=input.idempotency_key
        )
        return await DeliveryPayload.of(info, outcome)

    @resolved("Say what a call came to; an answer stops whatever else was to go out for the lead.", _CALL)
    async def complete_call(self, info: Info, input: Completed) -> DeliveryPayload:
        """CONFLICT for one that is not yours."""
        given = {"call": str(input.call_id), "outcome": input.outcome.value}
        given |= {} if input.response is None else {"response": input.response.value}
        outcome = await carry_out(
            info.context, "completeCall", given, lambda c: _complete(info.context, c, input), key=input.idempotency_key
        )
        return await DeliveryPayload.of(info, outcome)


async def _claim(context: Context, connection: AsyncConnection, given: ClaimCallInput) -> Mapping[str, object]:
    subject = context.principal.subject
    found = await claim_call(connection, context.hub.outbound, given.channel, subject, context.now())
    return {} if found is None else {"delivery": str(found)}


async def _release(context: Context, connection: AsyncConnection, given: ReleaseCallInput) -> Mapping[str, object]:
    call = uuid_of(given.call_id, "LeadDelivery")
    await release_call(connection, call, context.principal.subject, context.now())
    return {"delivery": str(call)}


async def _complete(context: Context, connection: AsyncConnection, given: CompleteCallInput) -> Mapping[str, object]:
    call, subject, now = uuid_of(given.call_id, "LeadDelivery"), context.principal.subject, context.now()
    outbound = context.hub.outbound
    called = await complete_call(
        connection, outbound, call, given.outcome, subject, now, answered=given.response is not None
    )
    if given.response is not None:
        session = None if given.session_id is None else await session_of(context, connection, given.session_id)
        channel = called.channel
        await respond_by_call(connection, called.lead, call, channel, given.response, session, subject, now)
    return {"delivery": str(call)}
