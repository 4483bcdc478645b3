"""Start a run of a flow now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.start_run import start_run
from hub.records.identity import FlowName
from hub.store.audit import Deed, record_deed
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.mutations.outcome import Problem, carry_out
from schema.types.run import FlowRun


@strawberry.input(description="Which flow to run.")
class RunFlowInput:
    """The authoritative lane is the one that runs."""

    flow: str = strawberry.field(description="The flow's name in hub.yaml.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Your own name for this request: repeated within 24 hours it gives the same answer."
    )


@strawberry.type(description="The run, or why there is none.")
class RunFlowPayload:
    """One of the two is empty."""

    run: FlowRun | None = strawberry.field(description="The queued run, or the one that was under way already.")
    problems: list[Problem] = strawberry.field(description="Why nothing was started.")


@strawberry.type
class RunFlowMutation:
    """Mixed into Mutation."""

    @resolved("Start a run of a flow now. A run that is under way already is given back.", Requires(Scope.FLOWS_RUN))
    async def run_flow(
        self, info: Info, input: Annotated[RunFlowInput, strawberry.argument(description="Which flow.")]
    ) -> RunFlowPayload:
        """The run is queued when this answers; `flowUpdates` tells how it goes on."""
        given = {"flow": input.flow}
        outcome = await carry_out(
            info.context, "runFlow", given, lambda c: _run(info.context, c, input.flow), key=input.idempotency_key
        )
        run = outcome.response.get("run")
        return RunFlowPayload(
            run=None if run is None else await FlowRun.visible(info, UUID(str(run))), problems=outcome.problems
        )


async def _run(context: Context, connection: AsyncConnection, flow: str) -> Mapping[str, object]:
    run = await start_run(connection, FlowName(flow), context.now())
    deed = Deed(context.principal.subject, "runFlow", "FlowRun", str(run), detail={"flow": flow})
    await record_deed(connection, deed, context.now())
    return {"run": str(run)}
