"""What a view says about itself: where each value came from and how fresh each source is."""

from __future__ import annotations

from datetime import datetime

import strawberry

from schema.types.enums import FlowCadence, SurvivorshipRule, SystemState
from schema.types.of_row import SAID_BY, OfRow
from schema.types.sourced import Sourced


@strawberry.type(description="Where one golden value came from.")
class FieldProvenance(Sourced, OfRow):
    """The source that won a field, and why."""

    field: str = strawberry.field(description="The field of Customer, by its name in this schema.")
    external_id: str = strawberry.field(description="The customer's id in that system.")
    observed_at: datetime = strawberry.field(description="When the hub saw it.")
    rule: SurvivorshipRule = strawberry.field(description="The rule by which this source's value was taken.")


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
