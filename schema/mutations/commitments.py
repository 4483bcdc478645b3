"""Promise something to a customer, and keep it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.contacts.commitment import Promise, make_commitment, settle_commitment
from hub.errors import Conflict, NotFound
from hub.reads.belongings import REQUESTS
from hub.reads.parts import parts_by_id
from hub.reads.promises import COMMITMENTS
from hub.reads.sessions import SESSIONS
from schema.authorise import Requires, Scope
from schema.conducting import session_of
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.contact_payload import KEY
from schema.mutations.outcome import Outcome, Problem, carry_out
from schema.types.enums import CommitmentState
from schema.types.promise import Commitment


@strawberry.input(description="A promise to the customer of a session.")
class MakeCommitmentInput:
    """Seen in every channel until it is kept."""

    session_id: GlobalID = strawberry.field(description="The session it is made in.")
    promise: str = strawberry.field(description="What is promised, at most 500 characters.")
    due_at: datetime = strawberry.field(description="Until when; in the future.")
    handler: str | None = strawberry.field(default=None, description="Who keeps it; left out: you.")
    request_id: GlobalID | None = strawberry.field(default=None, description="The customer's request it is about.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="What became of a promise.")
class SettleCommitmentInput:
    """Also of one that was broken: late is better than never."""

    commitment_id: GlobalID = strawberry.field(description="The promise.")
    to: CommitmentState = strawberry.field(default=CommitmentState.KEPT, description="KEPT or WITHDRAWN.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="The promise as it is now, or why nothing happened.")
class CommitmentPayload:
    """One of the two is empty."""

    commitment: Commitment | None = strawberry.field(description="The promise.")
    problems: list[Problem] = strawberry.field(description="Why nothing happened.")

    @classmethod
    async def of(cls, info: Info, outcome: Outcome) -> Self:
        """Read anew."""
        identity = outcome.response.get("commitment")
        found = None if identity is None else await Commitment.visible(info, UUID(str(identity)))
        return cls(commitment=found, problems=outcome.problems)


Made = Annotated[MakeCommitmentInput, strawberry.argument(description="What is promised.")]
Settled = Annotated[SettleCommitmentInput, strawberry.argument(description="Which promise, and what became of it.")]

_WORK = Requires(Scope.REQUESTS_WORK)


@strawberry.type
class CommitmentMutations:
    """Mixed into Mutation."""

    @resolved("Promise something to the customer, such as a call back; not kept in time it is BROKEN.", _WORK)
    async def make_commitment(self, info: Info, input: Made) -> CommitmentPayload:
        """CONFLICT while nobody knows who the customer is."""
        given = {"session": str(input.session_id), "promise": input.promise, "due": input.due_at.isoformat()}
        outcome = await carry_out(
            info.context, "makeCommitment", given, lambda c: _make(info.context, c, input), key=input.idempotency_key
        )
        return await CommitmentPayload.of(info, outcome)

    @resolved("The promise is kept, or withdrawn with the customer's consent.", _WORK)
    async def settle_commitment(self, info: Info, input: Settled) -> CommitmentPayload:
        """CONFLICT for one that is settled already."""
        given = {"commitment": str(input.commitment_id), "to": input.to.value}
        outcome = await carry_out(
            info.context,
            "settleCommitment",
            given,
            lambda c: _settle(info.context, c, input),
            key=input.idempotency_key,
        )
        return await CommitmentPayload.of(info, outcome)


async def _make(context: Context, connection: AsyncConnection, given: MakeCommitmentInput) -> Mapping[str, object]:
    identity = await session_of(context, connection, given.session_id)
    session = (await parts_by_id(connection, SESSIONS, [identity], context.reach))[identity]
    if session.customer_id is None:
        raise Conflict("identify the customer first: a promise is made to somebody")
    request = None if given.request_id is None else uuid_of(given.request_id, "BusinessRequest")
    if request is not None:
        found = await parts_by_id(connection, REQUESTS, [request], context.reach)
        if request not in found or found[request].customer_id != session.customer_id:
            raise NotFound("there is no such request of this customer")
    subject = context.principal.subject
    promise = Promise(
        session.customer_id,
        given.promise,
        given.due_at,
        given.handler or subject,
        session.id,
        request,
        session.channel,
    )
    return {"commitment": str(await make_commitment(connection, promise, subject, context.now()))}


async def _settle(context: Context, connection: AsyncConnection, given: SettleCommitmentInput) -> Mapping[str, object]:
    identity = uuid_of(given.commitment_id, "Commitment")
    if identity not in await parts_by_id(connection, COMMITMENTS, [identity], context.reach):
        raise NotFound("there is no such commitment")
    await settle_commitment(connection, identity, given.to, context.principal.subject, context.now())
    return {"commitment": str(identity)}
