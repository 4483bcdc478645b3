"""What merges and splits have in common: how they run, and what they answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Self
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.steward_tables import StewardActKind
from hub.errors import Invalid
from hub.offers.react import rank_again
from hub.reads.consider import consider_anybody
from hub.stewardship.acts import Act
from hub.stewardship.acts import Outcome as Done
from schema.context import Context, Info
from schema.mutations.outcome import Problem, carry_out
from schema.types.customer import Customer
from schema.types.steward import FieldClash, MovedBelongings, ResultingView, SystemEffect, views_of

REASON_LENGTH_MAX = 500


@strawberry.type(description="What an act did, or in a dry run would do; or why it was not done.")
class StewardActPayload:
    """`views` and what follows tell of this call; repeated under one idempotency key they are empty."""

    customer: Customer | None = strawberry.field(description="The customer as he is now.")
    views: list[ResultingView] = strawberry.field(description="The golden records that the act leaves.")
    moved: list[MovedBelongings] = strawberry.field(description="What gets another customer.")
    clashes: list[FieldClash] = strawberry.field(description="Where those who become one differ.")
    effects: list[SystemEffect] = strawberry.field(description="What it means for each connected system.")
    problems: list[Problem] = strawberry.field(description="Why nothing was done.")

    @classmethod
    async def of(cls, info: Info, customer: object, done: Done | None, problems: list[Problem]) -> Self:
        """The payload of an act that was done, tried dry, repeated or refused."""
        if done is not None:
            info.context.shows(info, [view.customer_id for view in done.views])
        return cls(
            customer=None if customer is None else await Customer.visible(info, UUID(str(customer))),
            views=[] if done is None else views_of(done.views),
            moved=[] if done is None else [MovedBelongings.of(moved) for moved in done.moved],
            clashes=[] if done is None else [FieldClash.of(clash) for clash in done.clashes],
            effects=[] if done is None else [SystemEffect.of(effect) for effect in done.effects],
            problems=problems,
        )


async def perform(
    info: Info,
    operation: str,
    given: Mapping[str, object],
    work: Callable[[AsyncConnection], Awaitable[Done]],
    *,
    key: str | None,
    dry_run: bool,
) -> StewardActPayload:
    """Run the act in one transaction; only ids are kept of it under the key."""
    told, context = list[Done](), info.context

    async def write(connection: AsyncConnection) -> Mapping[str, object]:
        done = await work(connection)
        told[:] = [done]
        people = [view.customer_id for view in done.views]
        catalogue, by = context.hub.offering.catalogue, context.principal.subject
        await rank_again(connection, catalogue, people, consider_anybody, by, context.now())
        return {"customer": str(done.views[0].customer_id)}

    outcome = await carry_out(context, operation, given, write, key=key, dry_run=dry_run)
    done = told[0] if told and not outcome.problems else None
    return await StewardActPayload.of(info, outcome.response.get("customer"), done, outcome.problems)


def act_of(context: Context, kind: StewardActKind, reason: str | None) -> Act:
    """The caller's act; Invalid for a reason that is too long."""
    if reason is not None and len(reason) > REASON_LENGTH_MAX:
        raise Invalid(f"a reason has at most {REASON_LENGTH_MAX} characters", ("reason",))
    return Act(kind, context.principal.subject, reason, context.now())
