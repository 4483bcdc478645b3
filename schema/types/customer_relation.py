"""What other customers are to a customer."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

import strawberry

from hub.reads.contact_relations import OTHER_CUSTOMER
from hub.reads.freshness import Told, freshness_of
from hub.records.identity import Entity
from schema.context import Info
from schema.fields import resolved
from schema.types.enums import RelationKind
from schema.types.freshness import FRESHNESS, PartFreshness, freshness
from schema.types.of_row import OfRow
from schema.types.sourced import Sourced

if TYPE_CHECKING:
    from schema.types.customer import Customer


@strawberry.type(description="What another customer is to this one, as one system says.")
class CustomerRelation(Sourced, OfRow):
    """A household, a company, a reference group."""

    other_id: strawberry.Private[UUID | None]
    external_id: strawberry.Private[str]
    kind: RelationKind = strawberry.field(description="What he is.")
    label: str | None = strawberry.field(description="The source's word for it.")
    valid_from: datetime | None = strawberry.field(description="Not before this time.")
    valid_to: datetime | None = strawberry.field(description="Not from this time on.")

    @resolved(
        "The other one; null while the hub does not know him, or for a caller who may not see him.",
        reads=OTHER_CUSTOMER,
    )
    async def other(self, info: Info) -> Annotated[Customer, strawberry.lazy("schema.types.customer")] | None:
        """Loaded for all relations of the answer at once, within the caller's reach, and into the audit trail."""
        from schema.types.customer import Customer  # the two types name each other

        return None if self.other_id is None else await Customer.visible(info, self.other_id)

    @resolved(FRESHNESS, reads=freshness_of(Entity.CUSTOMER))
    async def freshness(self, info: Info) -> PartFreshness:
        """That of the record that says so."""
        return await freshness(info, Told(Entity.CUSTOMER, self.source, self.external_id, None))
