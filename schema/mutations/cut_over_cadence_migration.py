"""Move authority to the new lane."""

from __future__ import annotations

import strawberry

from hub.migration.cut_over import cut_over
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.mutations.migration_payload import CadenceMigrationPayload, Given, stepped


@strawberry.type
class CutOverCadenceMigrationMutation:
    """Mixed into Mutation."""

    @resolved(
        "Move authority to the new lane, in one transaction. Needs an approval and every gate passed; "
        "reconciles afterwards.",
        Requires(Scope.FLOWS_MIGRATE),
    )
    async def cut_over_cadence_migration(self, info: Info, input: Given) -> CadenceMigrationPayload:
        """By the caller, who is named in the evidence."""
        by = info.context.principal.subject
        return await stepped(
            info,
            "cutOverCadenceMigration",
            lambda c: cut_over(c, info.context.hub.desk, input.flow, by, info.context.now()),
            flow=input.flow,
            dry_run=input.dry_run,
            key=input.idempotency_key,
        )
