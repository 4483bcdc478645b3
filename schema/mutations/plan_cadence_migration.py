"""Plan a migration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, cast

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.migration.plan import plan
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.mutations.outcome import Problem, carry_out
from schema.types.enums import FlowCadence
from schema.types.migration import CadenceMigration
from schema.types.migration_preflight import MigrationFinding, MigrationForecast


@strawberry.input(description="Which flow is to become how fast.")
class PlanCadenceMigrationInput:
    """The flow needs a lane of that cadence in hub.yaml."""

    flow: str = strawberry.field(description="The flow's name in hub.yaml.")
    to: FlowCadence = strawberry.field(description="The cadence that is to count.")
    dry_run: bool = strawberry.field(default=False, description="Check everything and change nothing.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Your own name for this request: repeated within 24 hours it gives the same answer."
    )


@strawberry.type(description="The planned migration with what its preflight found, or why there is none.")
class PlanCadenceMigrationPayload:
    """A dry run answers with findings and forecast and leaves no migration behind."""

    migration: CadenceMigration | None = strawberry.field(description="The flow's migration; null after a dry run.")
    findings: list[MigrationFinding] = strawberry.field(description="What the preflight found.")
    forecast: MigrationForecast | None = strawberry.field(description="What it expects of calls.")
    problems: list[Problem] = strawberry.field(description="Why nothing was planned.")


Input = Annotated[PlanCadenceMigrationInput, strawberry.argument(description="Which flow, and how fast.")]


@strawberry.type
class PlanCadenceMigrationMutation:
    """Mixed into Mutation."""

    @resolved(
        "Plan to make a flow faster: preflight with findings and a forecast. Changes nothing that runs; repeat it "
        "after mending what it found.",
        Requires(Scope.FLOWS_MIGRATE),
    )
    async def plan_cadence_migration(self, info: Info, input: Input) -> PlanCadenceMigrationPayload:
        """Calls no system."""
        outcome = await carry_out(
            info.context,
            "planCadenceMigration",
            {"flow": input.flow, "to": input.to.value},
            lambda c: _plan(info.context, c, input),
            key=input.idempotency_key,
            dry_run=input.dry_run,
        )
        said = cast("Mapping[str, Any]", outcome.response)  # Any: the JSON that _plan made
        made = None if outcome.problems or input.dry_run else await CadenceMigration.latest(info, input.flow)
        return PlanCadenceMigrationPayload(
            migration=made,
            findings=[MigrationFinding.of(finding) for finding in said.get("findings", [])],
            forecast=MigrationForecast.of(said["forecast"]) if "forecast" in said else None,
            problems=outcome.problems,
        )


async def _plan(
    context: Context, connection: AsyncConnection, given: PlanCadenceMigrationInput
) -> Mapping[str, object]:
    by = context.principal.subject
    _, found = await plan(connection, context.hub.desk, given.flow, given.to, by, context.now())
    return found.as_body()
