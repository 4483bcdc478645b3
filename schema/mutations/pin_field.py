"""Decide a golden field by hand, or give it back to the rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.stewardship.pin import pin_field, unpin_field
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.outcome import KEY, Outcome, Problem, carry_out, under_key
from schema.types.customer import Customer
from schema.types.steward import in_column


@strawberry.input(description="The decision.")
class PinFieldInput:
    """It stands over every rule until it is taken back."""

    customer_id: GlobalID = strawberry.field(description="The customer.")
    field: str = strawberry.field(description="A field of Customer that a survivorship rule chooses, such as name.")
    value: str | None = strawberry.field(description="Its value as text; null: it has none.")
    dry_run: bool = strawberry.field(default=False, description="Check everything and change nothing.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="The decision to take back.")
class UnpinFieldInput:
    """The rules decide again."""

    customer_id: GlobalID = strawberry.field(description="The customer.")
    field: str = strawberry.field(description="The pinned field.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="The customer as he is now, or why nothing was decided.")
class PinPayload:
    """One of the two is empty."""

    customer: Customer | None = strawberry.field(description="The customer.")
    problems: list[Problem] = strawberry.field(description="Why nothing was decided.")

    @classmethod
    async def of(cls, info: Info, outcome: Outcome) -> PinPayload:
        """The payload from what the write answered."""
        customer = outcome.response.get("customer")
        found = None if customer is None else await Customer.visible(info, UUID(str(customer)))
        return cls(customer=found, problems=outcome.problems)


Pin = Annotated[PinFieldInput, strawberry.argument(description="The decision.")]
Unpin = Annotated[UnpinFieldInput, strawberry.argument(description="The decision to take back.")]


@strawberry.type
class PinFieldMutations:
    """Mixed into Mutation."""

    @resolved(
        "Decide a golden field by hand: it has this value whatever any system says. `conflicts` of a customer shows "
        "where his sources differ.",
        Requires(Scope.CUSTOMERS_STEWARD),
    )
    async def pin_field(self, info: Info, input: Pin) -> PinPayload:
        """It goes with the customer through merges and splits."""

        async def write(connection: AsyncConnection) -> Mapping[str, object]:
            context, customer = info.context, uuid_of(input.customer_id, "Customer")
            who, rules, now = context.principal.subject, context.hub.rules, context.now()
            field = in_column(input.field)
            return {"customer": str(await pin_field(connection, customer, field, input.value, who, rules, now))}

        given, key = under_key(input), input.idempotency_key
        outcome = await carry_out(info.context, "pinField", given, write, key=key, dry_run=input.dry_run)
        return await PinPayload.of(info, outcome)

    @resolved("Give a pinned field back to the rules.", Requires(Scope.CUSTOMERS_STEWARD))
    async def unpin_field(self, info: Info, input: Unpin) -> PinPayload:
        """As if it had never been pinned."""

        async def write(connection: AsyncConnection) -> Mapping[str, object]:
            context, customer = info.context, uuid_of(input.customer_id, "Customer")
            who, rules, now = context.principal.subject, context.hub.rules, context.now()
            return {"customer": str(await unpin_field(connection, customer, in_column(input.field), who, rules, now))}

        given, key = under_key(input), input.idempotency_key
        return await PinPayload.of(info, await carry_out(info.context, "unpinField", given, write, key=key))
