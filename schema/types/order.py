"""Orders and their lines."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import strawberry
from strawberry import relay

from hub.reads.freshness import Told, freshness_of
from hub.reads.relations import LINES_OF_ORDER
from hub.records.identity import Entity
from schema.context import Info
from schema.fields import resolved
from schema.types.enums import RequestState
from schema.types.freshness import FRESHNESS, PartFreshness, freshness
from schema.types.of_row import OfRow
from schema.types.sourced import Sourced


@strawberry.type(description="One line of an order.")
class SalesOrderLine(OfRow):
    """A line in the package's own sequence."""

    position: int = strawberry.field(description="Place in the order, from 1.")
    product: str | None = strawberry.field(description="The product's name.")
    description: str | None = strawberry.field(description="The line's own words.")
    quantity: Decimal | None = strawberry.field(description="How many.")
    unit_price: Decimal | None = strawberry.field(description="Price of one, in the order's currency.")
    amount: Decimal | None = strawberry.field(description="Quantity times unit price, without tax.")


@strawberry.type(description="An order as its package holds it.")
class SalesOrder(relay.Node, Sourced, OfRow):
    """An order."""

    id: relay.NodeID[UUID]
    external_id: strawberry.Private[str]
    observed_at: strawberry.Private[datetime]
    number: str | None = strawberry.field(description="The order's number in its package.")
    state: RequestState = strawberry.field(description="Where it stands.")
    ordered_on: date | None = strawberry.field(description="Day of the order.")
    currency: str | None = strawberry.field(description="Currency of all amounts (ISO 4217).")
    total: Decimal | None = strawberry.field(description="Total as the package states it.")
    description: str | None = strawberry.field(description="The order's own words.")

    @resolved("The lines in the package's sequence.", reads=LINES_OF_ORDER)
    async def lines(self, info: Info) -> list[SalesOrderLine]:
        """Loaded for all orders of the answer at once."""
        return [SalesOrderLine.of(row) for row in await info.context.loaders.lines.load(self.id)]

    @resolved(FRESHNESS, reads=freshness_of(Entity.SALES_ORDER))
    async def freshness(self, info: Info) -> PartFreshness:
        """By the flow that brings it."""
        told = Told(Entity.SALES_ORDER, self.source, self.external_id, self.observed_at)
        return await freshness(info, told)
