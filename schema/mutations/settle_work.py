"""Decide about work whose outcome nobody knows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.flows.stuck_work import settle_work
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import number_of
from schema.mutations.outcome import Problem, carry_out
from schema.types.enums import WorkVerdict
from schema.types.work import StuckWork


@strawberry.input(description="What a person found out about work that is UNKNOWN or PARKED.")
class SettleWorkInput:
    """Look at the target first."""

    work_id: GlobalID = strawberry.field(description="Id of the stuck work.")
    verdict: WorkVerdict = strawberry.field(description="What was found.")
    reason: str = strawberry.field(description="How it was found; kept, so it must name nobody.")
    dry_run: bool = strawberry.field(default=False, description="Check everything and change nothing.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Your own name for this request: repeated within 24 hours it gives the same answer."
    )


@strawberry.type(description="The work as it stands now, or why nothing was settled.")
class SettleWorkPayload:
    """One of the two is empty."""

    work: StuckWork | None = strawberry.field(description="As it stands now.")
    problems: list[Problem] = strawberry.field(description="Why nothing was settled.")


Input = Annotated[SettleWorkInput, strawberry.argument(description="Which work, and the verdict.")]


@strawberry.type
class SettleWorkMutation:
    """Mixed into Mutation."""

    @resolved("End work whose outcome was unknown; its line moves on.", Requires(Scope.WORK_SETTLE))
    async def settle_work(self, info: Info, input: Input) -> SettleWorkPayload:
        """CONFLICT when somebody was faster."""
        outcome = await carry_out(
            info.context,
            "settleWork",
            {"work": str(input.work_id), "verdict": input.verdict.value, "reason": input.reason},
            lambda c: _settle(info.context, c, input),
            key=input.idempotency_key,
            dry_run=input.dry_run,
        )
        number = outcome.response.get("work")
        found = await StuckWork.visible(info, number) if isinstance(number, int) else None
        return SettleWorkPayload(work=found, problems=outcome.problems)


async def _settle(context: Context, connection: AsyncConnection, given: SettleWorkInput) -> Mapping[str, object]:
    number = number_of(given.work_id, "StuckWork")
    await settle_work(connection, [number], given.verdict, given.reason, context.principal.subject, context.now())
    return {"work": number}
