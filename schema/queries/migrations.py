"""Migrations of flows' cadences."""

from __future__ import annotations

from typing import Annotated

import strawberry

from hub.reads.migrations import NEWEST, count_migrations, list_migrations
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.queries.flows import FlowNameArgument
from schema.types.connection import After, Before, Connection, First, Last, window_of
from schema.types.migration import CadenceMigration

OfFlow = Annotated[str | None, strawberry.argument(description="Only those of this flow.")]


@strawberry.type
class MigrationsQuery:
    """Mixed into Query."""

    @resolved("Migrations of flows' cadences, newest first.", Requires(Scope.FLOWS_READ))
    async def cadence_migrations(
        self,
        info: Info,
        flow: OfFlow = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[CadenceMigration]:
        """Ended ones included."""
        window = window_of(info, NEWEST, first, after, last, before)

        async def count() -> int:
            async with info.context.reading() as connection:
                return await count_migrations(connection, flow)

        async with info.context.reading() as connection:
            page = await list_migrations(connection, flow, window)
        return Connection.of(page, NEWEST, CadenceMigration.of, count)

    @resolved(
        "A flow's open migration, else the one in which somebody acted last; null when it never had one.",
        Requires(Scope.FLOWS_READ),
    )
    async def cadence_migration(self, info: Info, flow: FlowNameArgument) -> CadenceMigration | None:
        """All of them are in `cadenceMigrations`."""
        return await CadenceMigration.latest(info, flow)
