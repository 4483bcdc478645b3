"""A place in the work list."""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from hub.reads.belongings import REQUESTS
from hub.reads.handling import WorkRow
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.types.customer import Customer
from schema.types.request import BusinessRequest


@strawberry.type(description="A request that somebody has to act on.")
class WorkItem:
    """In the order of the time by which its customer is to be answered."""

    request_id: strawberry.Private[UUID]
    respond_by: datetime = strawberry.field(description="Until when the customer is to have his first answer.")

    @resolved("The request.")
    async def request(self, info: Info) -> BusinessRequest | None:
        """Loaded for all places of the answer at once."""
        return await BusinessRequest.visible(info, self.request_id)

    @resolved("Whose request it is.", Requires(Scope.CUSTOMERS_READ))
    async def customer(self, info: Info) -> Customer | None:
        """Loaded for all places of the answer at once."""
        row = await info.context.loaders.part(REQUESTS, self.request_id)
        return None if row is None or row.customer_id is None else await Customer.visible(info, row.customer_id)

    @classmethod
    def of(cls, row: WorkRow) -> Self:
        """The type from its row."""
        return cls(request_id=row.request_id, respond_by=row.respond_by)
