"""Declare customers one person."""

from __future__ import annotations

from typing import Annotated

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.customers.steward_tables import StewardActKind
from hub.stewardship.acts import Outcome
from hub.stewardship.merge import merge_customers
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.steward_act import StewardActPayload, act_of, perform


@strawberry.input(description="Who is one person.")
class MergeCustomersInput:
    """Ids that were merged before stand for whoever has their records."""

    into: GlobalID = strawberry.field(description="The customer whose id stays.")
    customer_ids: list[GlobalID] = strawberry.field(description="The others, at most 9.")
    reason: str | None = strawberry.field(default=None, description="Why, without personal data; kept for good.")
    dry_run: bool = strawberry.field(default=False, description="Tell everything and change nothing.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Your own name for this request: repeated within 24 hours it is done once."
    )


Input = Annotated[MergeCustomersInput, strawberry.argument(description="Who is one person.")]


@strawberry.type
class MergeCustomersMutation:
    """Mixed into Mutation."""

    @resolved(
        "Declare customers one person. Every id goes on resolving, what they have follows, and `splitCustomer` puts "
        "everything back. No automatic recognition undoes it.",
        Requires(Scope.CUSTOMERS_STEWARD),
    )
    async def merge_customers(self, info: Info, input: Input) -> StewardActPayload:
        """A dry run does it all and takes it back."""
        given = {"into": str(input.into), "others": [str(i) for i in input.customer_ids], "reason": input.reason}
        return await perform(
            info,
            "mergeCustomers",
            given,
            lambda connection: _merge(info.context, connection, input),
            key=input.idempotency_key,
            dry_run=input.dry_run,
        )


async def _merge(context: Context, connection: AsyncConnection, given: MergeCustomersInput) -> Outcome:
    into, *others = (uuid_of(identity, "Customer") for identity in (given.into, *given.customer_ids))
    act = act_of(context, StewardActKind.MERGE, given.reason)
    return await merge_customers(connection, into, others, act, context.hub.rules)
