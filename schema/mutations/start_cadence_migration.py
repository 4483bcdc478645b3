"""Start a planned migration."""

from __future__ import annotations

import strawberry

from hub.migration.start import start
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.mutations.migration_payload import CadenceMigrationPayload, Given, stepped


@strawberry.type
class StartCadenceMigrationMutation:
    """Mixed into Mutation."""

    @resolved(
        "Start the planned migration: the new lane reads everything into twins beside the lane that counts.",
        Requires(Scope.FLOWS_MIGRATE),
    )
    async def start_cadence_migration(self, info: Info, input: Given) -> CadenceMigrationPayload:
        """By the caller, who is named in the evidence."""
        by = info.context.principal.subject
        return await stepped(
            info,
            "startCadenceMigration",
            lambda c: start(c, info.context.hub.desk, input.flow, by, info.context.now()),
            flow=input.flow,
            dry_run=input.dry_run,
            key=input.idempotency_key,
        )
