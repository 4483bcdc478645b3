"""A conflict of a customer's sources, as a row that a steward works off."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

import strawberry
from strawberry.relay import GlobalID

from hub.reads.conflicts import FIELD_OF_CONFLICT, SIDES_OF_CONFLICT, TURNS_OF_CONFLICT
from hub.reads.contact_relations import OWN_CUSTOMER
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.reads import READS
from schema.types.conflict import ConflictingValue
from schema.types.customer import Customer
from schema.types.enums import ConflictState
from schema.types.of_row import OfRow, identity_of
from schema.types.steward import in_schema


@strawberry.type(description="A change of the field at one source, as the hub saw it.")
class ConflictTurn(OfRow):
    """One of the last ones."""

    named: ClassVar[Mapping[str, str]] = {"source": "system", "observed_at": "at"}

    source: str = strawberry.field(description="Name of the system.")
    external_id: str = strawberry.field(description="The customer's id in that system.")
    value: str = strawberry.field(description="What it changed the field to.")
    observed_at: datetime = strawberry.field(description="When the hub saw it.")


def _values(sides: Sequence[Sequence[str]]) -> list[ConflictingValue]:
    return [_value(*side) for side in sides]


def _value(system: str, external_id: str, value: str, at: str) -> ConflictingValue:
    return ConflictingValue(external_id=external_id, value=value, source=system, as_of=datetime.fromisoformat(at))


def _turns(turns: Sequence[Sequence[Any]]) -> list[ConflictTurn]:  # Any: what JSON holds
    return [_turn(*turn) for turn in turns]


def _turn(system: str, external_id: str, value: str, at: str, follows: bool = False) -> ConflictTurn:
    return ConflictTurn(source=system, external_id=external_id, value=value, observed_at=datetime.fromisoformat(at))


@strawberry.type(description="A field in which a customer's sources differ or differed.")
class CustomerConflict(OfRow):
    """One row per customer and field, which opens again when sources differ again."""

    named: ClassVar[Mapping[str, str]] = {"values": "sides"}
    made: ClassVar[Mapping[str, Callable[[Any], object]]] = {  # Any: what the row keeps
        "id": identity_of("CustomerConflict"),
        "field": in_schema,
        "values": _values,
        "turns": _turns,
    }

    id: GlobalID = strawberry.field(description="Give it to `resolveConflict` or `thawConflict`.")
    customer_id: strawberry.Private[UUID]
    field: str = strawberry.field(
        description="The field of Customer, by its name in this schema.", metadata={READS: FIELD_OF_CONFLICT}
    )
    state: ConflictState = strawberry.field(description="Where it stands.")
    contested: bool = strawberry.field(
        description="More than one source left the value that they last agreed on; false: one changed, others lag."
    )
    base: str | None = strawberry.field(description="The golden value before they differed.")
    kept: str | None = strawberry.field(description="The golden value now.")
    values: list[ConflictingValue] = strawberry.field(
        description="What each source says; blank ones are left out.", metadata={READS: SIDES_OF_CONFLICT}
    )
    turns: list[ConflictTurn] = strawberry.field(
        description="The last changes at the sources, oldest first; at most 32.", metadata={READS: TURNS_OF_CONFLICT}
    )
    decided_by: str | None = strawberry.field(description="Who decided it while it is RESOLVED; FROZEN: the hub.")
    decided_at: datetime | None = strawberry.field(description="When.")
    opened_at: datetime = strawberry.field(description="When the sources began to differ.")
    closed_at: datetime | None = strawberry.field(description="When they agreed again.")

    @resolved("Whose field it is.", Requires(Scope.CUSTOMERS_READ), reads=OWN_CUSTOMER)
    async def customer(self, info: Info) -> Customer | None:
        """Loaded for all conflicts of the answer at once."""
        return await Customer.visible(info, self.customer_id)
