"""Business requests."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry
from strawberry import relay

from hub.journeys.next_step import Progress, next_step
from hub.reads.belongings import REQUESTS
from hub.reads.contact_relations import HANDLING_OF_REQUEST, TASKS_OF_REQUEST
from hub.reads.freshness import Told, freshness_of
from hub.records.contact import DialogState
from hub.records.identity import Entity
from schema.context import Info
from schema.fields import resolved
from schema.types.enums import RequestKind, RequestState
from schema.types.freshness import FRESHNESS, PartFreshness, freshness
from schema.types.handling import RequestHandling, RequestTask
from schema.types.of_row import OfRow
from schema.types.process import NextStep
from schema.types.sourced import Sourced


@strawberry.type(description="A process over time for the customer (TMF701 ProcessFlow).")
class BusinessRequest(relay.Node, Sourced, OfRow):
    """A quote, sale, service or complaint that may span sessions and channels."""

    id: relay.NodeID[UUID]
    external_id: strawberry.Private[str]
    observed_at: strawberry.Private[datetime]
    kind: RequestKind = strawberry.field(description="What it is about.")
    state: RequestState = strawberry.field(description="Where it stands.")
    running: bool = strawberry.field(description="Whether somebody still has to act.")
    number: str | None = strawberry.field(description="Its number in the package.")
    subject: str | None = strawberry.field(description="In a few words.")
    opened_at: datetime | None = strawberry.field(description="When it began.")
    due_at: datetime | None = strawberry.field(description="When the customer may expect it done.")

    @resolved(
        "What the hub does about it; null for a request that only its package works on.", reads=HANDLING_OF_REQUEST
    )
    async def handling(self, info: Info) -> RequestHandling | None:
        """Loaded for all requests of the answer at once."""
        row = await info.context.loaders.handling.load(self.id)
        return None if row is None else RequestHandling.of(row)

    @resolved("Its steps in order.", reads=TASKS_OF_REQUEST)
    async def tasks(self, info: Info) -> list[RequestTask]:
        """Loaded for all requests of the answer at once."""
        return [RequestTask.of(row) for row in await info.context.loaders.tasks.load(self.id)]

    @resolved("What happens next, and by when; null where its topic belongs to no process, or nothing is to come.")
    async def next(self, info: Info) -> NextStep | None:
        """For the customer's own eyes too."""
        handling = await info.context.loaders.handling.load(self.id)
        found = None if handling is None else info.context.hub.processes.of_topic(handling.topic)
        if found is None or handling is None or self.opened_at is None:
            return None
        tasks = await info.context.loaders.tasks.load(self.id)
        progress = Progress(
            topic=handling.topic,
            state=self.state,
            opened_at=self.opened_at,
            closed_at=handling.closed_at,
            tasks={task.name: (DialogState(task.state), task.changed_at) for task in tasks},
        )
        name, process = found
        next_one = next_step(process, progress, info.context.now())
        return None if next_one is None else NextStep.of(name, next_one)

    @classmethod
    async def visible(cls, info: Info, identity: UUID) -> Self | None:
        """The request with this id, None where there is none or the caller may not see it."""
        row = await info.context.loaders.part(REQUESTS, identity)
        if row is None:
            return None
        info.context.shows(info, [] if row.customer_id is None else [row.customer_id])
        return cls.of(row)

    @resolved(FRESHNESS, reads=freshness_of(Entity.BUSINESS_REQUEST))
    async def freshness(self, info: Info) -> PartFreshness:
        """By the flow that brings it."""
        told = Told(Entity.BUSINESS_REQUEST, self.source, self.external_id, self.observed_at)
        return await freshness(info, told)
