"""Declare a customer several people."""

from __future__ import annotations

from typing import Annotated

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.customers.identifiers import Node
from hub.customers.steward_tables import StewardActKind
from hub.errors import Invalid
from hub.stewardship.acts import Outcome
from hub.stewardship.split import split_off, undo_merge
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.steward_act import StewardActPayload, act_of, perform
from schema.queries.customer import ExternalIdInput


@strawberry.input(description="Records of this customer that are another person.")
class SplitOffInput:
    """Some of his records, and not all."""

    customer_id: GlobalID = strawberry.field(description="The customer.")
    identifiers: list[ExternalIdInput] = strawberry.field(description="The records that are another person.")


@strawberry.input(one_of=True, description="What to split: a merge to undo, or records that are another person.")
class SplitWhat:
    """GraphQL's oneOf: one field, and not null."""

    merge_id: GlobalID | None = strawberry.field(default=strawberry.UNSET, description="Id of the merge to undo.")
    records: SplitOffInput | None = strawberry.field(default=strawberry.UNSET, description="A customer's records.")


@strawberry.input(description="Who is several people.")
class SplitCustomerInput:
    """Undoing a merge restores those it joined, under their own ids."""

    what: SplitWhat = strawberry.field(description="A merge, or records.")
    reason: str | None = strawberry.field(default=None, description="Why, without personal data; kept for good.")
    dry_run: bool = strawberry.field(default=False, description="Tell everything and change nothing.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Your own name for this request: repeated within 24 hours it is done once."
    )


Input = Annotated[SplitCustomerInput, strawberry.argument(description="Who is several people.")]


@strawberry.type
class SplitCustomerMutation:
    """Mixed into Mutation."""

    @resolved(
        "Declare a customer several people. Each record keeps what came with it since, ids that a merge took away come "
        "back, and nothing joins the two again but another merge.",
        Requires(Scope.CUSTOMERS_STEWARD),
    )
    async def split_customer(self, info: Info, input: Input) -> StewardActPayload:
        """A dry run does it all and takes it back."""
        given = {"what": strawberry.asdict(input.what), "reason": input.reason}
        return await perform(
            info,
            "splitCustomer",
            given,
            lambda connection: _split(info.context, connection, input),
            key=input.idempotency_key,
            dry_run=input.dry_run,
        )


async def _split(context: Context, connection: AsyncConnection, given: SplitCustomerInput) -> Outcome:
    act, rules = act_of(context, StewardActKind.SPLIT, given.reason), context.hub.rules
    if given.what.merge_id:
        return await undo_merge(connection, uuid_of(given.what.merge_id, "StewardAct"), act, rules)
    if not given.what.records:
        raise Invalid("name a merge or records", ("what",))
    records = given.what.records
    nodes = [Node(one.system, one.external_id) for one in records.identifiers]
    return await split_off(connection, uuid_of(records.customer_id, "Customer"), nodes, act, rules)
