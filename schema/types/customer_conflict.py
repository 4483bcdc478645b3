"""A conflict of a customer's sources, as a row that a steward works off."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry
from strawberry.relay import GlobalID

from hub.reads.conflicts import ConflictRow
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.types.conflict import ConflictingValue
from schema.types.customer import Customer
from schema.types.enums import ConflictState
from schema.types.steward import in_schema


@strawberry.type(description="A change of the field at one source, as the hub saw it.")
class ConflictTurn:
    """One of the last ones."""

    source: str = strawberry.field(description="Name of the system.")
    external_id: str = strawberry.field(description="The customer's id in that system.")
    value: str = strawberry.field(description="What it changed the field to.")
    observed_at: datetime = strawberry.field(description="When the hub saw it.")


@strawberry.type(description="A field in which a customer's sources differ or differed.")
class CustomerConflict:
    """One row per customer and field, which opens again when sources differ again."""

    key: strawberry.Private[UUID]
    id: GlobalID = strawberry.field(description="Give it to `resolveConflict` or `thawConflict`.")
    customer_id: strawberry.Private[UUID]
    field: str = strawberry.field(description="The field of Customer, by its name in this schema.")
    state: ConflictState = strawberry.field(description="Where it stands.")
    contested: bool = strawberry.field(
        description="More than one source left the value that they last agreed on; false: one changed, others lag."
    )
    base: str | None = strawberry.field(description="The golden value before they differed.")
    kept: str | None = strawberry.field(description="The golden value now.")
    values: list[ConflictingValue] = strawberry.field(description="What each source says; blank ones are left out.")
    turns: list[ConflictTurn] = strawberry.field(
        description="The last changes at the sources, oldest first; at most 32."
    )
    decided_by: str | None = strawberry.field(description="Who decided it while it is RESOLVED; FROZEN: the hub.")
    decided_at: datetime | None = strawberry.field(description="When.")
    opened_at: datetime = strawberry.field(description="When the sources began to differ.")
    closed_at: datetime | None = strawberry.field(description="When they agreed again.")

    @resolved("Whose field it is.", Requires(Scope.CUSTOMERS_READ))
    async def customer(self, info: Info) -> Customer | None:
        """Loaded for all conflicts of the answer at once."""
        return await Customer.visible(info, self.customer_id)

    @classmethod
    def of(cls, row: ConflictRow) -> Self:
        """The type from its row."""
        return cls(
            key=row.id,
            id=GlobalID("CustomerConflict", str(row.id)),
            customer_id=row.customer_id,
            field=in_schema(row.field),
            state=ConflictState(row.state),
            contested=row.contested,
            base=row.base,
            kept=row.kept,
            values=[_value(*side) for side in row.sides],
            turns=[_turn(*turn) for turn in row.turns],
            decided_by=row.decided_by,
            decided_at=row.decided_at,
            opened_at=row.opened_at,
            closed_at=row.closed_at,
        )


def _value(system: str, external_id: str, value: str, at: str) -> ConflictingValue:
    return ConflictingValue(external_id=external_id, value=value, source=system, as_of=datetime.fromisoformat(at))


def _turn(system: str, external_id: str, value: str, at: str) -> ConflictTurn:
    return ConflictTurn(source=system, external_id=external_id, value=value, observed_at=datetime.fromisoformat(at))
