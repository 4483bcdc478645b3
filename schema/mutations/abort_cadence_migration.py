"""Give up before the cut-over."""

from __future__ import annotations

import strawberry

from hub.migration.decide import abort
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.mutations.migration_payload import CadenceMigrationPayload, Given, stepped


@strawberry.type
class AbortCadenceMigrationMutation:
    """Mixed into Mutation."""

    @resolved(
        "Give up a migration before its cut-over: the new lane waits again, what it brought in is forgotten.",
        Requires(Scope.FLOWS_MIGRATE),
    )
    async def abort_cadence_migration(self, info: Info, input: Given) -> CadenceMigrationPayload:
        """By the caller, who is named in the evidence."""
        by = info.context.principal.subject
        return await stepped(
            info,
            "abortCadenceMigration",
            lambda c: abort(c, input.flow, by, info.context.now()),
            flow=input.flow,
            dry_run=input.dry_run,
            key=input.idempotency_key,
        )
