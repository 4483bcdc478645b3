"""Information flows and their lanes."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry
from strawberry import relay

from hub.reads.flows import FlowRow, LaneRow
from hub.reads.runs import NEWEST
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.loaders import RunsKey
from schema.types.connection import After, Before, Connection, First, Last, window_of
from schema.types.enums import FlowCadence, LaneMode, RealTimeRoad
from schema.types.run import FlowRun
from schema.types.system import System


@strawberry.type(description="A flow's road at one cadence.")
class Lane:
    """One lane; exactly one of a flow is authoritative."""

    cadence: FlowCadence = strawberry.field(description="How often it carries the flow.")
    mode: LaneMode = strawberry.field(description="What its records do.")
    cron: str | None = strawberry.field(description="When it runs, as a cron expression; null for none.")
    time_zone: str | None = strawberry.field(description="The zone the cron expression is read in (IANA).")
    next_run_at: datetime | None = strawberry.field(description="When it runs next.")
    road: RealTimeRoad | None = strawberry.field(
        description="Of a REAL_TIME lane into the hub: how it hears of changes; null for every other lane."
    )

    @classmethod
    def of(cls, row: LaneRow) -> Self:
        """The type from its row."""
        return cls(
            cadence=FlowCadence(row.cadence),
            mode=LaneMode(row.mode),
            cron=row.cron,
            time_zone=row.time_zone,
            next_run_at=row.next_run_at,
            road=None if row.road is None else RealTimeRoad(row.road),
        )


@strawberry.type(description="One exchange between two systems, or between a system and the hub.")
class InformationFlow(relay.Node):
    """A flow of the business model; `planned` ones are declared and carry nothing yet."""

    name: relay.NodeID[str]
    business_flow: int = strawberry.field(description="Number of the flow in the business model, 1 to 12.")
    title: str = strawberry.field(description="In words.")
    planned: bool = strawberry.field(description="Declared only: nothing runs yet.")
    entity: str | None = strawberry.field(description="The record that travels.")
    source: str | None = strawberry.field(description="Where it comes from; `hub` is the hub itself.")
    target: str | None = strawberry.field(description="Where it goes; `hub` is the hub itself.")
    epoch: int = strawberry.field(description="Grows with every cut-over; writers of an older one are refused.")

    @resolved("Its name in hub.yaml.", name="name")
    def shown_name(self) -> str:
        """The node's own id, in the clear."""
        return self.name

    @resolved("Its roads, one per cadence.")
    async def lanes(self, info: Info) -> list[Lane]:
        """In the order of hub.yaml."""
        return [Lane.of(row) for row in await info.context.loaders.lanes.load(self.name)]

    @resolved("The connected system it comes from; null if the hub itself is the source.", Requires(Scope.SYSTEMS_READ))
    async def source_system(self, info: Info) -> System | None:
        """Loaded for all flows of the answer at once."""
        return None if self.source is None else await System.visible(info, self.source)

    @resolved("Seconds since everything the source had was in the hub; null before the first run.")
    async def lag_seconds(self, info: Info) -> int | None:
        """Since the authoritative lane's last complete run began."""
        progress = await info.context.loaders.progress.load(self.name)
        until = progress.complete_until
        return None if until is None else max(0, int((info.context.now() - until).total_seconds()))

    @resolved("Records that could not be applied and wait for a person.")
    async def quarantined(self, info: Info) -> int:
        """Over all lanes."""
        return (await info.context.loaders.progress.load(self.name)).quarantined

    @resolved("Its runs, newest first.")
    async def runs(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[FlowRun]:
        """Over all lanes."""
        key = RunsKey(self.name, window_of(info, NEWEST, first, after, last, before))
        page = await info.context.loaders.run_pages.load(key)
        return Connection.of(page, NEWEST, FlowRun.of, lambda: info.context.loaders.run_counts.load(self.name))

    @classmethod
    def of(cls, row: FlowRow) -> Self:
        """The type from its row."""
        return cls(
            name=row.name,
            business_flow=row.business_flow,
            title=row.title,
            planned=row.planned,
            entity=row.entity,
            source=row.source,
            target=row.target,
            epoch=row.epoch,
        )

    @classmethod
    async def visible(cls, info: Info, name: str) -> Self | None:
        """The flow of this name, if hub.yaml has it."""
        row = await info.context.loaders.flows.load(name)
        return None if row is None else cls.of(row)
