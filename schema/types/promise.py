"""Promises to customers, and entries of their contact history."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry
from strawberry import relay

from hub.reads.contact_relations import COMMITMENT, LEAD, OWN_CUSTOMER, REQUEST, SESSION
from hub.reads.promises import COMMITMENTS
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.types.enums import CommitmentState, TimelineKind
from schema.types.of_row import OfRow
from schema.types.request import BusinessRequest
from schema.types.session import CustomerSession

if TYPE_CHECKING:
    from schema.types.customer import Customer
    from schema.types.sales_lead import SalesLead

LazyCustomer = Annotated["Customer", strawberry.lazy("schema.types.customer")]


@strawberry.type(description="A promise to a customer, such as a call-back.")
class Commitment(relay.Node, OfRow):
    """Seen in every channel."""

    id: relay.NodeID[UUID]
    customer_id: strawberry.Private[UUID]
    request_id: strawberry.Private[UUID | None]
    promise: str = strawberry.field(description="What is promised.")
    due_at: datetime = strawberry.field(description="Until when.")
    handler: str = strawberry.field(description="Who keeps it: a token's subject, or a team.")
    state: CommitmentState = strawberry.field(description="Where it stands.")
    made_by: str = strawberry.field(description="Who promised it.")
    made_at: datetime = strawberry.field(description="When.")
    broken_at: datetime | None = strawberry.field(description="When it was found broken; stays when it is kept late.")
    settled_at: datetime | None = strawberry.field(description="When it was kept or withdrawn.")

    @resolved("Whom it is made to.", Requires(Scope.CUSTOMERS_READ), reads=OWN_CUSTOMER)
    async def customer(self, info: Info) -> LazyCustomer | None:
        """Loaded for all promises of the answer at once."""
        from schema.types.customer import Customer  # the two types name each other

        return await Customer.visible(info, self.customer_id)

    @resolved("The request it is about.", Requires(Scope.CUSTOMERS_READ), reads=REQUEST)
    async def request(self, info: Info) -> BusinessRequest | None:
        """If it is about one."""
        return None if self.request_id is None else await BusinessRequest.visible(info, self.request_id)

    @classmethod
    async def visible(cls, info: Info, identity: UUID) -> Self | None:
        """The promise with this id, None where there is none or the caller may not see it."""
        row = await info.context.loaders.part(COMMITMENTS, identity)
        if row is None:
            return None
        info.context.shows(info, [row.customer_id])
        return cls.of(row)


@strawberry.type(description="One thing that happened between a customer and the company, in whatever channel.")
class TimelineEntry(OfRow):
    """Written when it happened, never changed."""

    session_id: strawberry.Private[UUID | None]
    request_id: strawberry.Private[UUID | None]
    commitment_id: strawberry.Private[UUID | None]
    lead_id: strawberry.Private[UUID | None]
    at: datetime = strawberry.field(description="When.")
    kind: TimelineKind = strawberry.field(description="What.")
    channel: str | None = strawberry.field(description="In which channel; null for what happened behind them.")
    subject: str | None = strawberry.field(description="In a few words.")

    @resolved("The contact it happened in.", Requires(Scope.CONTACTS_READ), reads=SESSION)
    async def session(self, info: Info) -> CustomerSession | None:
        """Loaded for all entries of the answer at once."""
        return None if self.session_id is None else await CustomerSession.visible(info, self.session_id)

    @resolved("The request it is about.", Requires(Scope.CUSTOMERS_READ), reads=REQUEST)
    async def request(self, info: Info) -> BusinessRequest | None:
        """Loaded for all entries of the answer at once."""
        return None if self.request_id is None else await BusinessRequest.visible(info, self.request_id)

    @resolved("The promise it is about.", reads=COMMITMENT)
    async def commitment(self, info: Info) -> Commitment | None:
        """Loaded for all entries of the answer at once."""
        return None if self.commitment_id is None else await Commitment.visible(info, self.commitment_id)

    @resolved("The lead it is about.", Requires(Scope.LEADS_READ), reads=LEAD)
    async def lead(self, info: Info) -> Annotated[SalesLead, strawberry.lazy("schema.types.sales_lead")] | None:
        """Loaded for all entries of the answer at once."""
        from schema.types.sales_lead import SalesLead  # the two types name each other

        return None if self.lead_id is None else await SalesLead.visible(info, self.lead_id)
