"""Let nothing happen by itself."""

from __future__ import annotations

import strawberry

from hub.migration.decide import pause
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.mutations.migration_payload import CadenceMigrationPayload, Given, stepped


@strawberry.type
class PauseCadenceMigrationMutation:
    """Mixed into Mutation."""

    @resolved(
        "Let nothing of a migration happen by itself until it is resumed; both lanes go on running.",
        Requires(Scope.FLOWS_MIGRATE),
    )
    async def pause_cadence_migration(self, info: Info, input: Given) -> CadenceMigrationPayload:
        """By the caller, who is named in the evidence."""
        by = info.context.principal.subject
        return await stepped(
            info,
            "pauseCadenceMigration",
            lambda c: pause(c, input.flow, by, info.context.now()),
            flow=input.flow,
            dry_run=input.dry_run,
            key=input.idempotency_key,
        )
