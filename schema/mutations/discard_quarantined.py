"""Give quarantined objects up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, cast

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.flows.quarantine_edit import discard
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.mutations.choosing import chosen_objects
from schema.mutations.outcome import Problem, carry_out
from schema.queries.quarantine import QuarantineFilter

AT_MOST: Final = 1000


@strawberry.input(description="Which objects to give up, and why.")
class DiscardQuarantinedInput:
    """By id, or by what they have in common."""

    reason: str = strawberry.field(description="Why; kept, so it must name nobody.")
    ids: list[GlobalID] | None = strawberry.field(default=None, description="Ids of quarantined objects.")
    filter: QuarantineFilter | None = strawberry.field(default=None, description="All that are OPEN and fulfil this.")
    dry_run: bool = strawberry.field(default=False, description="Count them and change nothing.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Your own name for this request: repeated within 24 hours it gives the same answer."
    )


@strawberry.type(description="How many were given up, or why none was.")
class DiscardQuarantinedPayload:
    """The same bytes are not put aside again."""

    discarded: int = strawberry.field(description="How many were given up.")
    problems: list[Problem] = strawberry.field(description="Why none was given up.")


Input = Annotated[DiscardQuarantinedInput, strawberry.argument(description="Which objects, and why.")]


@strawberry.type
class DiscardQuarantinedMutation:
    """Mixed into Mutation."""

    @resolved("Give quarantined objects up, with a reason.", Requires(Scope.QUARANTINE_SETTLE))
    async def discard_quarantined(self, info: Info, input: Input) -> DiscardQuarantinedPayload:
        """Only those that are OPEN."""
        outcome = await carry_out(
            info.context,
            "discardQuarantined",
            {"ids": [str(i) for i in input.ids or ()], "filter": str(input.filter), "reason": input.reason},
            lambda c: _discard(info.context, c, input),
            key=input.idempotency_key,
            dry_run=input.dry_run,
        )
        count = cast("int", outcome.response.get("discarded", 0))
        return DiscardQuarantinedPayload(discarded=count, problems=outcome.problems)


async def _discard(
    context: Context, connection: AsyncConnection, given: DiscardQuarantinedInput
) -> Mapping[str, object]:
    chosen = chosen_objects(given.ids, given.filter, AT_MOST)
    ids = await discard(connection, chosen, given.reason, context.principal.subject, context.now())
    return {"discarded": len(ids)}
