"""Take a cut-over back."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.migration.roll_back import roll_back
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.mutations.migration_payload import CadenceMigrationPayload, stepped


@strawberry.input(description="What is taken back, and why.")
class RollBackCadenceMigrationInput:
    """The flow's newest migration that moved authority and was not taken back, else its newest."""

    flow: str = strawberry.field(description="The flow's name in hub.yaml.")
    reason: str = strawberry.field(description="Why, for the evidence; no personal data.")
    dry_run: bool = strawberry.field(default=False, description="Check everything and change nothing.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Your own name for this request: repeated within 24 hours it gives the same answer."
    )


Input = Annotated[RollBackCadenceMigrationInput, strawberry.argument(description="Which migration, and why.")]


@strawberry.type
class RollBackCadenceMigrationMutation:
    """Mixed into Mutation."""

    @resolved(
        "Give authority back to the old lane: it runs its window anew, and the source settles what the new lane "
        "brought in. `undo` of the migration lists what is left for a person.",
        Requires(Scope.FLOWS_MIGRATE),
    )
    async def roll_back_cadence_migration(self, info: Info, input: Input) -> CadenceMigrationPayload:
        """By the caller, who is named in the evidence."""
        by, desk = info.context.principal.subject, info.context.hub.desk
        return await stepped(
            info,
            "rollBackCadenceMigration",
            lambda c: roll_back(c, desk, input.flow, by, input.reason, info.context.now()),
            flow=input.flow,
            dry_run=input.dry_run,
            key=input.idempotency_key,
            given={"reason": input.reason},
        )
