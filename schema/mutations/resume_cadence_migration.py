"""Go on."""

from __future__ import annotations

import strawberry

from hub.migration.decide import resume
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.mutations.migration_payload import CadenceMigrationPayload, Given, stepped


@strawberry.type
class ResumeCadenceMigrationMutation:
    """Mixed into Mutation."""

    @resolved(
        "Go on with a paused migration, or repeat the step that a cut-over or rollback is in the middle of.",
        Requires(Scope.FLOWS_MIGRATE),
    )
    async def resume_cadence_migration(self, info: Info, input: Given) -> CadenceMigrationPayload:
        """By the caller, who is named in the evidence."""
        by = info.context.principal.subject
        return await stepped(
            info,
            "resumeCadenceMigration",
            lambda c: resume(c, input.flow, by, info.context.now()),
            flow=input.flow,
            dry_run=input.dry_run,
            key=input.idempotency_key,
        )
