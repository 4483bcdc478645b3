"""A place in the work list."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from hub.reads.contact_relations import OWN_CUSTOMER, REQUEST
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.types.customer import Customer
from schema.types.of_row import OfRow
from schema.types.request import BusinessRequest


@strawberry.type(description="A request that somebody has to act on.")
class WorkItem(OfRow):
    """In the order of the time by which its customer is to be answered."""

    request_id: strawberry.Private[UUID]
    customer_id: strawberry.Private[UUID | None]
    respond_by: datetime = strawberry.field(description="Until when the customer is to have his first answer.")

    @resolved("The request.", reads=REQUEST)
    async def request(self, info: Info) -> BusinessRequest | None:
        """Loaded for all places of the answer at once."""
        return await BusinessRequest.visible(info, self.request_id)

    @resolved("Whose request it is.", Requires(Scope.CUSTOMERS_READ), reads=OWN_CUSTOMER)
    async def customer(self, info: Info) -> Customer | None:
        """Loaded for all places of the answer at once."""
        return None if self.customer_id is None else await Customer.visible(info, self.customer_id)
