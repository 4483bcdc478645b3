"""Holdings, campaign memberships and consents."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Self
from uuid import UUID

import strawberry
from strawberry import relay

from hub.reads.belongings import ConsentRow, HoldingRow, MembershipRow
from schema.types.enums import ConsentStatus, LegalBasis
from schema.types.sourced import Sourced


@strawberry.type(description="A product or contract the customer has.")
class ProductHolding(relay.Node, Sourced):
    """What the customer has already."""

    id: relay.NodeID[UUID]
    product: str = strawberry.field(description="The product's name.")
    quantity: Decimal | None = strawberry.field(description="How many.")
    active_from: date | None = strawberry.field(description="First day.")
    active_to: date | None = strawberry.field(description="Last day, null while it runs.")

    @classmethod
    def of(cls, row: HoldingRow) -> Self:
        """The type from its row."""
        return cls(
            id=row.id,
            product=row.product,
            quantity=row.quantity,
            active_from=row.active_from,
            active_to=row.active_to,
            source=row.system,
            as_of=row.as_of,
        )


@strawberry.type(description="The customer's place in a campaign or list.")
class CampaignMembership(relay.Node, Sourced):
    """One customer in one campaign."""

    id: relay.NodeID[UUID]
    campaign: str = strawberry.field(description="Name of the campaign.")
    state: str = strawberry.field(description="As the campaign management says.")
    step: str | None = strawberry.field(description="The last activity reached.")
    joined_at: datetime | None = strawberry.field(description="Since when.")

    @classmethod
    def of(cls, row: MembershipRow) -> Self:
        """The type from its row."""
        return cls(
            id=row.id,
            campaign=row.campaign,
            state=row.state,
            step=row.step,
            joined_at=row.joined_at,
            source=row.system,
            as_of=row.as_of,
        )


@strawberry.type(description="What the customer said about a purpose, and for which channel.")
class Consent(relay.Node, Sourced):
    """Consent or its denial, valid in [validFrom, validTo)."""

    id: relay.NodeID[UUID]
    purpose: str = strawberry.field(description="What the data may be used for.")
    channel: str | None = strawberry.field(description="For this channel only; null for all.")
    status: ConsentStatus = strawberry.field(description="What the customer said.")
    legal_basis: LegalBasis = strawberry.field(description="Ground for the processing.")
    evidence: str | None = strawberry.field(description="Where the statement is recorded.")
    valid_from: datetime | None = strawberry.field(description="Not before this time.")
    valid_to: datetime | None = strawberry.field(description="Not from this time on.")

    @classmethod
    def of(cls, row: ConsentRow) -> Self:
        """The type from its row."""
        return cls(
            id=row.id,
            purpose=row.purpose,
            channel=row.channel,
            status=ConsentStatus(row.status),
            legal_basis=LegalBasis(row.legal_basis),
            evidence=row.evidence,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            source=row.system,
            as_of=row.as_of,
        )
