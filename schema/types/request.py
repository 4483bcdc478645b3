"""Business requests."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry
from strawberry import relay

from hub.reads.belongings import REQUESTS
from schema.context import Info
from schema.fields import resolved
from schema.types.enums import RequestKind, RequestState
from schema.types.handling import RequestHandling, RequestTask
from schema.types.of_row import OfRow
from schema.types.sourced import Sourced


@strawberry.type(description="A process over time for the customer (TMF701 ProcessFlow).")
class BusinessRequest(relay.Node, Sourced, OfRow):
    """A quote, sale, service or complaint that may span sessions and channels."""

    id: relay.NodeID[UUID]
    kind: RequestKind = strawberry.field(description="What it is about.")
    state: RequestState = strawberry.field(description="Where it stands.")
    running: bool = strawberry.field(description="Whether somebody still has to act.")
    number: str | None = strawberry.field(description="Its number in the package.")
    subject: str | None = strawberry.field(description="In a few words.")
    opened_at: datetime | None = strawberry.field(description="When it began.")
    due_at: datetime | None = strawberry.field(description="When the customer may expect it done.")

    @resolved("What the hub does about it; null for a request that only its package works on.")
    async def handling(self, info: Info) -> RequestHandling | None:
        """Loaded for all requests of the answer at once."""
        row = await info.context.loaders.handling.load(self.id)
        return None if row is None else RequestHandling.of(row)

    @resolved("Its steps in order.")
    async def tasks(self, info: Info) -> list[RequestTask]:
        """Loaded for all requests of the answer at once."""
        return [RequestTask.of(row) for row in await info.context.loaders.tasks.load(self.id)]

    @classmethod
    async def visible(cls, info: Info, identity: UUID) -> Self | None:
        """The request with this id, None where there is none or the caller may not see it."""
        row = await info.context.loaders.part(REQUESTS, identity)
        if row is None:
            return None
        info.context.shows(info, [] if row.customer_id is None else [row.customer_id])
        return cls.of(row)
