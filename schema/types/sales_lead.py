"""Leads."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Self
from uuid import UUID

import strawberry
from strawberry import relay

from hub.reads.belongings import LEADS
from hub.reads.contact_relations import DELIVERIES_OF_LEAD, RESPONSES_OF_LEAD
from hub.reads.freshness import Told, freshness_of
from hub.reads.lead_parts import RECEIPTS_OF_LEAD
from hub.reads.relations import CUSTOMER_OF_LEAD
from hub.records.identity import Entity
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.types.delivery import LeadDelivery
from schema.types.enums import DeliveryReason, Direction, LeadPriority, LeadRating, LeadState
from schema.types.freshness import FRESHNESS, PartFreshness, freshness
from schema.types.lead_parts import LeadReceipt, LeadResponse
from schema.types.of_row import OfRow
from schema.types.sourced import Sourced

if TYPE_CHECKING:
    from schema.types.customer import Customer


@strawberry.type(description="A lead, inbound or outbound (TMF699 SalesLead).")
class SalesLead(relay.Node, Sourced, OfRow):
    """A chance to sell that somebody follows up."""

    id: relay.NodeID[UUID]
    external_id: strawberry.Private[str]
    observed_at: strawberry.Private[datetime]
    customer_id: strawberry.Private[UUID | None]
    number: str | None = strawberry.field(
        description="Its number: the hub's own for a lead opened here, such as L-7F3KQ-9XM2D, else its package's."
    )
    name: str | None = strawberry.field(description="In a few words.")
    state: LeadState = strawberry.field(description="Where it stands.")
    state_reason: str | None = strawberry.field(description="Why it stands there, as the package says.")
    rating: LeadRating | None = strawberry.field(description="How promising it is.")
    priority: LeadPriority | None = strawberry.field(description="How urgent it is.")
    amount: Decimal | None = strawberry.field(description="What it may be worth, in `currency`.")
    currency: str | None = strawberry.field(description="Currency of the amount (ISO 4217).")
    probability: int | None = strawberry.field(description="Chance of success in per cent.")
    started_on: date | None = strawberry.field(description="First day.")
    ended_on: date | None = strawberry.field(description="Last day, once it is closed.")
    lead_owner: str | None = strawberry.field(description="Who follows it up, as the package names him.")
    direction: Direction | None = strawberry.field(
        description="INBOUND: the customer's own interest opened it. OUTBOUND: a campaign did. Null: a package's."
    )
    channel: str | None = strawberry.field(description="The channel it was opened in.")
    campaign: str | None = strawberry.field(description="The campaign it belongs to, by its name there.")
    proposition: str | None = strawberry.field(description="What is offered, by its name in the catalogue.")
    opened_at: datetime | None = strawberry.field(
        description="When the hub opened it, or first did something about it."
    )
    responded_at: datetime | None = strawberry.field(
        description="When the customer first answered it; from then on nothing more is delivered."
    )
    unreached_since: datetime | None = strawberry.field(
        description="Since when no channel reaches the customer with it, though nobody has answered."
    )
    unreached_reason: DeliveryReason | None = strawberry.field(
        description="Why: what became of the last delivery, else why there was none."
    )

    @resolved("What the customer answered, newest first; at most 100.", reads=RESPONSES_OF_LEAD)
    async def responses(self, info: Info) -> list[LeadResponse]:
        """Loaded for all leads of the answer at once."""
        return [LeadResponse.of(row) for row in await info.context.loaders.lead_responses.load(self.id)]

    @resolved(
        "How far each system is that is told of it; a package that refused a change is told here.",
        reads=RECEIPTS_OF_LEAD,
    )
    async def receipts(self, info: Info) -> list[LeadReceipt]:
        """Loaded for all leads of the answer at once."""
        return [LeadReceipt.of(row) for row in await info.context.loaders.lead_receipts.load(self.id)]

    @resolved("How it goes out, at most one a channel at a time, in the order of time.", reads=DELIVERIES_OF_LEAD)
    async def deliveries(self, info: Info) -> list[LeadDelivery]:
        """Loaded for all leads of the answer at once."""
        return [LeadDelivery.of(row) for row in await info.context.loaders.deliveries_of_leads.load(self.id)]

    @resolved(
        "Whose lead it is; null while the lead management's customer is not known to the hub.",
        Requires(Scope.CUSTOMERS_READ),
        reads=CUSTOMER_OF_LEAD,
    )
    async def customer(self, info: Info) -> Annotated[Customer, strawberry.lazy("schema.types.customer")] | None:
        """Loaded for all leads of the answer at once."""
        from schema.types.customer import Customer  # the two types name each other

        return None if self.customer_id is None else await Customer.visible(info, self.customer_id)

    @classmethod
    async def visible(cls, info: Info, identity: UUID) -> Self | None:
        """The lead with this id, None where there is none or the caller may not see it."""
        row = await info.context.loaders.part(LEADS, identity)
        if row is None:
            return None
        info.context.shows(info, [] if row.customer_id is None else [row.customer_id])
        return cls.of(row)

    @resolved(FRESHNESS, reads=freshness_of(Entity.SALES_LEAD))
    async def freshness(self, info: Info) -> PartFreshness:
        """By the flow that brings it."""
        told = Told(Entity.SALES_LEAD, self.source, self.external_id, self.observed_at)
        return await freshness(info, told)
