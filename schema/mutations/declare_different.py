"""Answer a match candidate with no."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.stewardship.differ import declare_different
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.outcome import KEY, Outcome, Problem, carry_out, under_key
from schema.types.customer import Customer


@strawberry.input(description="Two customers who are different people.")
class DeclareDifferentInput:
    """In any order."""

    customer_id: GlobalID = strawberry.field(description="The one.")
    other_id: GlobalID = strawberry.field(description="The other, such as a candidate's `customerId`.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="The customer as he is now, or why nothing was decided.")
class DeclareDifferentPayload:
    """One of the two is empty."""

    customer: Customer | None = strawberry.field(description="The one.")
    problems: list[Problem] = strawberry.field(description="Why nothing was decided.")

    @classmethod
    async def of(cls, info: Info, outcome: Outcome) -> Self:
        """The payload from what the write answered."""
        customer = outcome.response.get("customer")
        found = None if customer is None else await Customer.visible(info, UUID(str(customer)))
        return cls(customer=found, problems=outcome.problems)


Input = Annotated[DeclareDifferentInput, strawberry.argument(description="Who are different people.")]


@strawberry.type
class DeclareDifferentMutation:
    """Mixed into Mutation."""

    @resolved(
        "Declare two customers different people: neither identifiers nor likeness join them, they are no candidates "
        "for each other any more, and the next learning of weights takes it for certain. `mergeCustomers` says the "
        "contrary.",
        Requires(Scope.CUSTOMERS_STEWARD),
    )
    async def declare_different(self, info: Info, input: Input) -> DeclareDifferentPayload:
        """Repeated it changes nothing."""

        async def write(connection: AsyncConnection) -> Mapping[str, object]:
            context = info.context
            ids = [uuid_of(input.customer_id, "Customer"), uuid_of(input.other_id, "Customer")]
            who, region = context.principal.subject, context.hub.rules.region
            current = await declare_different(connection, ids, who, region, context.now())
            return {"customer": str(current[0])}

        given, key = under_key(input), input.idempotency_key
        outcome = await carry_out(info.context, "declareDifferent", given, write, key=key)
        return await DeclareDifferentPayload.of(info, outcome)
