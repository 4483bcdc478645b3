"""How a flow's migration goes on."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated, Final

import strawberry

from hub.errors import NotFound
from hub.live.reader import Interest
from hub.migration.stored import TOPIC
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import subscribed
from schema.subscriptions.follow import TOLD_ONCE, After, follow
from schema.types.migration import CadenceMigration

REQUIRES: Final = Requires(Scope.FLOWS_READ)


@strawberry.type(description="A flow's migration as it is now, because it changed.")
class MigrationUpdate:
    """One message."""

    cursor: str = strawberry.field(description="Give it as `after` to go on behind this message.")
    event: str = strawberry.field(
        description="CURRENT for the first message, else the change: CadenceMigrationCreateEvent, "
        "CadenceMigrationStateChangeEvent, CadenceMigrationDriftEvent."
    )
    migration: CadenceMigration | None = strawberry.field(
        description="The flow's open migration, else the one in which somebody acted last; null if it never had one."
    )


@strawberry.type
class MigrationUpdates:
    """Mixed into Subscription."""

    @subscribed(
        "A flow's open migration, else the one in which somebody acted last: first as it is now (unless `after` is "
        f"given), then after each change of its state, its windows or its gates. {TOLD_ONCE}",
        REQUIRES,
    )
    async def migration_updates(
        self,
        info: Info,
        flow: Annotated[str, strawberry.argument(description="The flow's name in hub.yaml.")],
        after: After = None,
    ) -> AsyncGenerator[MigrationUpdate, None]:
        """NOT_FOUND for a name that hub.yaml does not have."""
        if await info.context.loaders.flows.load(flow) is None:
            raise NotFound("there is no such flow")
        messages = follow(info.context, Interest(TOPIC, flow), after, REQUIRES)
        async with aclosing(messages):
            async for message in messages:
                migration = await CadenceMigration.latest(info, flow)
                yield MigrationUpdate(cursor=message.cursor, event=message.event, migration=migration)
