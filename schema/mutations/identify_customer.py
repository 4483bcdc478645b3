"""Find out whom a contact is with, after it has begun."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.contacts.identify import identify_customer
from schema.authorise import Requires, Scope
from schema.conducting import conductor, session_of
from schema.context import Context, Info
from schema.fields import resolved
from schema.mutations.contact_payload import KEY
from schema.mutations.outcome import carry_out
from schema.mutations.start_session import ClueInput, NewCustomerInput, StartSessionPayload
from schema.types.likely_caller import kept_callers


@strawberry.input(description="What is known now.")
class IdentifyCustomerInput:
    """As at the start."""

    session_id: GlobalID = strawberry.field(description="The session.")
    known: ClueInput = strawberry.field(description="What is known of him.")
    new_customer: NewCustomerInput | None = strawberry.field(
        default=None,
        description="Make him where nobody answers to the clues; reached by them, or by what he called from.",
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


Input = Annotated[IdentifyCustomerInput, strawberry.argument(description="Which session, and who it is.")]


@strawberry.type
class IdentifyCustomerMutation:
    """Mixed into Mutation."""

    @resolved(
        "Tie a session to its customer. Clues that several or none answer to leave it as it is: see `recognition`.",
        Requires(Scope.CONTACTS_IDENTIFY),
    )
    async def identify_customer(self, info: Info, input: Input) -> StartSessionPayload:
        """CONFLICT for a session whose customer has proved to be somebody else."""
        given, context = asdict(input), info.context
        outcome = await carry_out(
            context, "identifyCustomer", given, lambda c: _identify(context, c, input), key=input.idempotency_key
        )
        return await StartSessionPayload.of(info, outcome)


async def _identify(
    context: Context, connection: AsyncConnection, given: IdentifyCustomerInput
) -> Mapping[str, object]:
    session = await session_of(context, connection, given.session_id)
    new = None if given.new_customer is None else given.new_customer.customer()
    found = await identify_customer(
        connection, context.hub.contacts, session, given.known.clues(), new, conductor(context), context.now()
    )
    return {"session": str(session), "recognition": found.outcome.value, "callers": kept_callers(found.callers)}
