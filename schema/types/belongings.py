"""Holdings, campaign memberships and consents."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import strawberry
from strawberry import relay

from hub.reads.freshness import Told, freshness_of
from hub.records.identity import Entity
from schema.context import Info
from schema.fields import resolved
from schema.types.enums import ConsentStatus, LegalBasis
from schema.types.freshness import FRESHNESS, PartFreshness, freshness
from schema.types.of_row import OfRow
from schema.types.sourced import Sourced


@strawberry.type(description="A product or contract the customer has.")
class ProductHolding(relay.Node, Sourced, OfRow):
    """What the customer has already."""

    id: relay.NodeID[UUID]
    external_id: strawberry.Private[str]
    observed_at: strawberry.Private[datetime]
    product: str = strawberry.field(description="The product's name.")
    quantity: Decimal | None = strawberry.field(description="How many.")
    active_from: date | None = strawberry.field(description="First day.")
    active_to: date | None = strawberry.field(description="Last day, null while it runs.")

    @resolved(FRESHNESS, reads=freshness_of(Entity.PRODUCT_HOLDING))
    async def freshness(self, info: Info) -> PartFreshness:
        """By the flow that brings it."""
        told = Told(Entity.PRODUCT_HOLDING, self.source, self.external_id, self.observed_at)
        return await freshness(info, told)


@strawberry.type(description="The customer's place in a campaign or list.")
class CampaignMembership(relay.Node, Sourced, OfRow):
    """One customer in one campaign."""

    id: relay.NodeID[UUID]
    external_id: strawberry.Private[str]
    observed_at: strawberry.Private[datetime]
    campaign: str = strawberry.field(description="Name of the campaign.")
    state: str = strawberry.field(description="As the campaign management says.")
    step: str | None = strawberry.field(description="The last activity reached.")
    joined_at: datetime | None = strawberry.field(description="Since when.")

    @resolved(FRESHNESS, reads=freshness_of(Entity.CAMPAIGN_MEMBERSHIP))
    async def freshness(self, info: Info) -> PartFreshness:
        """By the flow that brings it."""
        told = Told(Entity.CAMPAIGN_MEMBERSHIP, self.source, self.external_id, self.observed_at)
        return await freshness(info, told)


@strawberry.type(description="What the customer said about a purpose, and for which channel.")
class Consent(relay.Node, Sourced, OfRow):
    """Consent or its denial, valid in [validFrom, validTo)."""

    id: relay.NodeID[UUID]
    external_id: strawberry.Private[str]
    observed_at: strawberry.Private[datetime]
    purpose: str = strawberry.field(description="What the data may be used for.")
    channel: str | None = strawberry.field(description="For this channel only; null for all.")
    status: ConsentStatus = strawberry.field(description="What the customer said.")
    legal_basis: LegalBasis = strawberry.field(description="Ground for the processing.")
    evidence: str | None = strawberry.field(description="Where the statement is recorded.")
    valid_from: datetime | None = strawberry.field(description="Not before this time.")
    valid_to: datetime | None = strawberry.field(description="Not from this time on.")

    @resolved(FRESHNESS, reads=freshness_of(Entity.CONSENT))
    async def freshness(self, info: Info) -> PartFreshness:
        """By the flow that brings it."""
        told = Told(Entity.CONSENT, self.source, self.external_id, self.observed_at)
        return await freshness(info, told)
