"""Say that a customer was reached at an address or number."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.contacts.verified import verify_medium
from hub.errors import NotFound
from hub.reads.parts import parts_by_id
from hub.reads.reaching import MEDIA
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.outcome import Problem, carry_out
from schema.types.customer import Customer


@strawberry.input(description="What was found out.")
class VerifyContactMediumInput:
    """It holds for the value; a corrected one is verified anew."""

    contact_medium_id: GlobalID = strawberry.field(description="The e-mail address or phone number.")
    method: str = strawberry.field(
        description="How, in a few words: clicked the link, called back; at most 500 characters."
    )
    idempotency_key: str | None = strawberry.field(
        default=None, description="Your own name for this call: repeated within 24 hours it is done once."
    )


@strawberry.type(description="The customer as he is now, or why nothing was marked.")
class VerifyContactMediumPayload:
    """One of the two is empty."""

    customer: Customer | None = strawberry.field(description="The customer.")
    problems: list[Problem] = strawberry.field(description="Why nothing was marked.")


Input = Annotated[VerifyContactMediumInput, strawberry.argument(description="What was found out.")]


@strawberry.type
class VerifyContactMediumMutation:
    """Mixed into Mutation."""

    @resolved(
        "An address or number was found to be the customer's: every channel sees when, how and by whom, and what was "
        "reported undeliverable there is forgotten.",
        Requires(Scope.CUSTOMERS_CORRECT),
    )
    async def verify_contact_medium(self, info: Info, input: Input) -> VerifyContactMediumPayload:
        """Of a customer whom the caller may see."""

        async def write(connection: AsyncConnection) -> Mapping[str, object]:
            context, medium = info.context, uuid_of(input.contact_medium_id, "ContactMedium")
            if not await parts_by_id(connection, MEDIA, [medium], context.reach):
                raise NotFound("there is no such contact medium")
            by = context.principal.subject
            return {"customer": str(await verify_medium(connection, medium, input.method, by, context.now()))}

        given = {"medium": str(input.contact_medium_id), "method": input.method}
        outcome = await carry_out(info.context, "verifyContactMedium", given, write, key=input.idempotency_key)
        customer = outcome.response.get("customer")
        found = None if customer is None else await Customer.visible(info, UUID(str(customer)))
        return VerifyContactMediumPayload(customer=found, problems=outcome.problems)
