"""What the mutations of migrations have in common: their input, their payload, and how one step is carried out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.migration.stored import Migration
from schema.context import Info
from schema.mutations.outcome import Problem, carry_out
from schema.types.enums import MigrationState
from schema.types.migration import CadenceMigration

Step = Callable[[AsyncConnection], Awaitable[Migration]]


@strawberry.input(description="Which flow's migration.")
class CadenceMigrationInput:
    """The flow's open migration."""

    flow: str = strawberry.field(description="The flow's name in hub.yaml.")
    dry_run: bool = strawberry.field(default=False, description="Check everything and change nothing.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Your own name for this request: repeated within 24 hours it gives the same answer."
    )


@strawberry.type(description="The migration, or why nothing was done.")
class CadenceMigrationPayload:
    """After a dry run `migration` is as it was, and `state` tells what it would be."""

    migration: CadenceMigration | None = strawberry.field(description="The migration that was acted on, as it is now.")
    state: MigrationState | None = strawberry.field(description="What it is, or with `dryRun` would be.")
    problems: list[Problem] = strawberry.field(description="Why nothing was done.")


Given = Annotated[CadenceMigrationInput, strawberry.argument(description="Which migration, and how.")]


async def stepped(
    info: Info,
    operation: str,
    step: Step,
    *,
    flow: str,
    dry_run: bool,
    key: str | None,
    given: Mapping[str, object] | None = None,
) -> CadenceMigrationPayload:
    """Carry out one step on the flow's migration and answer with the migration."""

    async def write(connection: AsyncConnection) -> Mapping[str, object]:
        migration = await step(connection)
        return {"id": str(migration.id), "state": migration.state.value}

    said = {"flow": flow, **(given or {})}
    outcome = await carry_out(info.context, operation, said, write, key=key, dry_run=dry_run)
    if outcome.problems:
        return CadenceMigrationPayload(migration=None, state=None, problems=outcome.problems)
    return CadenceMigrationPayload(
        migration=await CadenceMigration.visible(info, UUID(str(outcome.response["id"]))),
        state=MigrationState(str(outcome.response["state"])),
        problems=[],
    )
