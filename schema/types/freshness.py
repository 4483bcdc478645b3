"""What a view says about itself: where each value came from and how fresh each source is."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import strawberry

from hub.reads.freshness import Told, freshness_of
from hub.records.identity import Entity
from schema.context import Info
from schema.fields import resolved
from schema.types.enums import FlowCadence, SurvivorshipRule, SystemState
from schema.types.of_row import SAID_BY, OfRow
from schema.types.sourced import Sourced

FRESHNESS: Final = "How fresh it is: when the hub saw it, how often it is brought, whether it is overdue."


@strawberry.type(description="How fresh one part of a view is.")
class PartFreshness(OfRow):
    """By the flow that brings this kind of thing from its source."""

    observed_at: datetime = strawberry.field(description="When the hub last knew the part to be current.")
    cadence: FlowCadence | None = strawberry.field(description="How often it is brought; null where no flow brings it.")
    stale: bool = strawberry.field(description="Older than its cadence allows, or its source cannot be reached.")


async def freshness(info: Info, told: Told) -> PartFreshness:
    """Loaded for all parts of the answer at once."""
    return PartFreshness.of(await info.context.loaders.freshness.load(told))


@strawberry.type(description="Where one golden value came from.")
class FieldProvenance(Sourced, OfRow):
    """The source that won a field, and why."""

    field: str = strawberry.field(description="The field of Customer, by its name in this schema.")
    external_id: str = strawberry.field(description="The customer's id in that system.")
    observed_at: datetime = strawberry.field(description="When the hub saw it.")
    rule: SurvivorshipRule = strawberry.field(description="The rule by which this source's value was taken.")

    @resolved(FRESHNESS, reads=freshness_of(Entity.CUSTOMER))
    async def freshness(self, info: Info) -> PartFreshness:
        """Of the record that won the field."""
        return await freshness(info, Told(Entity.CUSTOMER, self.source, self.external_id, self.observed_at))


@strawberry.type(
    description="How fresh one system's part of a customer is. A package that is down is told, not hidden."
)
class SourceStatus(OfRow):
    """One system behind the view."""

    named = SAID_BY | {"last_error": "last_error_code"}

    system: str = strawberry.field(description="Name of the system.")
    state: SystemState = strawberry.field(description="How the hub stands with it now.")
    as_of: datetime = strawberry.field(description="The newest statement of the system about this customer, its time.")
    observed_at: datetime = strawberry.field(description="When the hub last knew the system's part to be current.")
    cadence: FlowCadence | None = strawberry.field(description="How often its customers are brought; null if never.")
    stale: bool = strawberry.field(description="Older than its cadence allows, or the system cannot be reached.")
    last_error: str | None = strawberry.field(description="Code of the last failed call to it.")
