"""Say that it is done."""

from __future__ import annotations

import strawberry

from hub.migration.decide import complete
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.mutations.migration_payload import CadenceMigrationPayload, Given, stepped


@strawberry.type
class CompleteCadenceMigrationMutation:
    """Mixed into Mutation."""

    @resolved(
        "Say that a migration is done; the old lane goes on as auditor.",
        Requires(Scope.FLOWS_MIGRATE),
    )
    async def complete_cadence_migration(self, info: Info, input: Given) -> CadenceMigrationPayload:
        """By the caller, who is named in the evidence."""
        by = info.context.principal.subject
        return await stepped(
            info,
            "completeCadenceMigration",
            lambda c: complete(c, input.flow, by, info.context.now()),
            flow=input.flow,
            dry_run=input.dry_run,
            key=input.idempotency_key,
        )
