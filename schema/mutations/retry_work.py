"""Try stuck work again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, cast

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.flows.stuck_work import retry_work
from hub.work.dead_letters import stuck_ids
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.mutations.choosing import chosen_work
from schema.mutations.outcome import Problem, carry_out
from schema.queries.stuck_work import WorkFilter

AT_ONCE: Final = 1000


@strawberry.input(description="Which work to try again: by id, or by what it has in common.")
class RetryWorkInput:
    """At most 1000 pieces in one call, line by line."""

    ids: list[GlobalID] | None = strawberry.field(default=None, description="Ids of stuck work.")
    filter: WorkFilter | None = strawberry.field(default=None, description="All that is stuck and fulfils this.")
    dry_run: bool = strawberry.field(default=False, description="Count it and change nothing.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Your own name for this request: repeated within 24 hours it gives the same answer."
    )


@strawberry.type(description="How much was lined up again, or why nothing was.")
class RetryWorkPayload:
    """A command that may have left is looked for at its target before it is sent."""

    retried: int = strawberry.field(description="How many pieces of work were lined up again.")
    problems: list[Problem] = strawberry.field(description="Why nothing was.")


@strawberry.type
class RetryWorkMutation:
    """Mixed into Mutation."""

    @resolved("Try stuck work again, each line in its order.", Requires(Scope.WORK_SETTLE))
    async def retry_work(
        self, info: Info, input: Annotated[RetryWorkInput, strawberry.argument(description="Which work.")]
    ) -> RetryWorkPayload:
        """It has all attempts before it again."""
        outcome = await carry_out(
            info.context,
            "retryWork",
            {"ids": [str(i) for i in input.ids or ()], "filter": str(input.filter)},
            lambda c: _retry(info.context, c, input),
            key=input.idempotency_key,
            dry_run=input.dry_run,
        )
        return RetryWorkPayload(retried=cast("int", outcome.response.get("retried", 0)), problems=outcome.problems)


async def _retry(context: Context, connection: AsyncConnection, given: RetryWorkInput) -> Mapping[str, object]:
    ids = await stuck_ids(connection, chosen_work(given.ids, given.filter, AT_ONCE), AT_ONCE)
    return {"retried": await retry_work(connection, ids, context.principal.subject, context.now())}
