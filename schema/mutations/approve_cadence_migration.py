"""Approve a cut-over."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.migration.decide import approve
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.mutations.migration_payload import CadenceMigrationPayload, stepped


@strawberry.input(description="What is approved.")
class ApproveCadenceMigrationInput:
    """The evidence as the approver saw it."""

    flow: str = strawberry.field(description="The flow's name in hub.yaml.")
    evidence_digest: str = strawberry.field(description="`evidenceDigest` of the migration as you read it.")
    dry_run: bool = strawberry.field(default=False, description="Check everything and change nothing.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Your own name for this request: repeated within 24 hours it gives the same answer."
    )


Input = Annotated[ApproveCadenceMigrationInput, strawberry.argument(description="Which migration, on what evidence.")]


@strawberry.type
class ApproveCadenceMigrationMutation:
    """Mixed into Mutation."""

    @resolved(
        "Approve the cut-over of a migration that has passed its gates. Refused when its evidence has gone on since.",
        Requires(Scope.FLOWS_APPROVE),
    )
    async def approve_cadence_migration(self, info: Info, input: Input) -> CadenceMigrationPayload:
        """By the caller, who is named in the evidence."""
        by, desk = info.context.principal.subject, info.context.hub.desk
        return await stepped(
            info,
            "approveCadenceMigration",
            lambda c: approve(c, desk, input.flow, input.evidence_digest, by, info.context.now()),
            flow=input.flow,
            dry_run=input.dry_run,
            key=input.idempotency_key,
            given={"digest": input.evidence_digest},
        )
