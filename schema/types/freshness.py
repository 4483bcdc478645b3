"""What a view says about itself: where each value came from and how fresh each source is."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from hub.reads.provenance import ProvenanceRow
from hub.reads.sources import SourceStatus as SourceStatusRow
from schema.types.enums import FlowCadence, SurvivorshipRule, SystemState
from schema.types.sourced import Sourced
from schema.types.steward import in_schema


@strawberry.type(description="Where one golden value came from.")
class FieldProvenance(Sourced):
    """The source that won a field, and why."""

    field: str = strawberry.field(description="The field of Customer, by its name in this schema.")
    external_id: str = strawberry.field(description="The customer's id in that system.")
    observed_at: datetime = strawberry.field(description="When the hub saw it.")
    rule: SurvivorshipRule = strawberry.field(description="The rule by which this source's value was taken.")

    @classmethod
    def of(cls, row: ProvenanceRow) -> Self:
        """The type from its row."""
        return cls(
            field=in_schema(row.field),
            source=row.system,
            external_id=row.external_id,
            as_of=row.as_of,
            observed_at=row.observed_at,
            rule=SurvivorshipRule(row.rule),
        )


@strawberry.type(
    description="How fresh one system's part of a customer is. A package that is down is told, not hidden."
)
class SourceStatus:
    """One system behind the view."""

    system: str = strawberry.field(description="Name of the system.")
    state: SystemState = strawberry.field(description="How the hub stands with it now.")
    as_of: datetime = strawberry.field(description="The newest statement of the system about this customer, its time.")
    observed_at: datetime = strawberry.field(description="When the hub last knew the system's part to be current.")
    cadence: FlowCadence | None = strawberry.field(description="How often its customers are brought; null if never.")
    stale: bool = strawberry.field(description="Older than its cadence allows, or the system cannot be reached.")
    last_error: str | None = strawberry.field(description="Code of the last failed call to it.")

    @classmethod
    def of(cls, row: SourceStatusRow) -> Self:
        """The type from its row."""
        return cls(
            system=row.system,
            state=row.state,
            as_of=row.as_of,
            observed_at=row.observed_at,
            cadence=row.cadence,
            stale=row.stale,
            last_error=row.last_error_code,
        )
