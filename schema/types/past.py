"""A customer as he was known at a past moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

import strawberry

from hub.customers.crosswalk import read_standing
from hub.customers.identifiers import Node
from hub.customers.past_belongings import BelongingT, PastBelonging, belongings_at
from hub.customers.past_consents import statements_at
from hub.customers.survive import Golden
from hub.records.belongings import (
    BusinessRequestRecord,
    CampaignMembershipRecord,
    ProductHoldingRecord,
    SalesLeadRecord,
    SalesOrderRecord,
)
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.types.enums import MediumKind, SurvivorshipRule
from schema.types.of_row import OfRow
from schema.types.past_parts import (
    PastConsent,
    PastHolding,
    PastLead,
    PastMembership,
    PastOrder,
    PastRelation,
    PastRequest,
    child_of,
    row_of,
)
from schema.types.steward import in_schema


@strawberry.type(description="One golden value of then, and where it came from.")
class PastField:
    """As text."""

    field: str = strawberry.field(description="The field of Customer, by its name in this schema.")
    value: str | None = strawberry.field(description="Its value then; null: the source knew that there was none.")
    source: str = strawberry.field(description="The system whose value it was.")
    external_id: str = strawberry.field(description="The customer's id in that system.")
    as_of: datetime = strawberry.field(description="The source's own time of the statement.")
    observed_at: datetime = strawberry.field(description="When the hub had seen it.")
    rule: SurvivorshipRule = strawberry.field(description="The rule by which it is chosen now.")


@strawberry.type(description="A way to reach the customer then.")
class PastMedium(OfRow):
    """Once per value."""

    kind: MediumKind = strawberry.field(description="E-mail, phone or something else.")
    value: str = strawberry.field(description="As the source wrote it.")
    label: str | None = strawberry.field(description="The source's word for it, such as home or work.")
    preferred: bool = strawberry.field(description="Whether the source marked it as the one to use.")
    valid_from: datetime | None = strawberry.field(description="Not before this time.")
    valid_to: datetime | None = strawberry.field(description="Not from this time on.")
    source: str = strawberry.field(description="The system that said so.")
    as_of: datetime = strawberry.field(description="The source's own time of the statement.")


@strawberry.type(description="A postal address of the customer then.")
class PastAddress(OfRow):
    """Once per content."""

    street: str | None = strawberry.field(description="Street.")
    house_number: str | None = strawberry.field(description="House number.")
    unit: str | None = strawberry.field(description="Flat, suite or addition.")
    postal_code: str | None = strawberry.field(description="Postal code.")
    locality: str | None = strawberry.field(description="Town or city.")
    region: str | None = strawberry.field(description="Province or state.")
    country: str | None = strawberry.field(description="Country (ISO 3166-1 alpha-2).")
    label: str | None = strawberry.field(description="The source's word for it, such as delivery.")
    preferred: bool = strawberry.field(description="Whether the source marked it as the one to use.")
    valid_from: datetime | None = strawberry.field(description="Not before this time.")
    valid_to: datetime | None = strawberry.field(description="Not from this time on.")
    source: str = strawberry.field(description="The system that said so.")
    as_of: datetime = strawberry.field(description="The source's own time of the statement.")


@strawberry.type(description="A customer as the hub knew him at a past moment, by the rules and decisions of now.")
class PastView:
    """Made from the versions of his records; what he had is read when it is asked for."""

    customer_id: strawberry.Private[UUID]
    golden: strawberry.Private[Golden]
    at: datetime = strawberry.field(description="The moment asked about.")
    fields: list[PastField] = strawberry.field(description="The values there were.")
    contact_media: list[PastMedium] = strawberry.field(description="How he was reached.")
    addresses: list[PastAddress] = strawberry.field(description="Where he lived.")
    deleted: bool = strawberry.field(description="No system knew him any more.")

    @resolved("Household, family, company and reference groups, as the systems said.")
    async def relations(self, info: Info) -> list[PastRelation]:
        """By system."""
        said = [(one, Node(one.image.node.system, str(one.values["to"]))) for one in self.golden.relations]
        async with info.context.reading() as connection:
            current = (await read_standing(connection, {node for _, node in said})).current
        return [PastRelation.of(child_of(one, other_id=current.get(node))) for one, node in said]

    @resolved("Orders, newest statement first; at most 1000.")
    async def orders(self, info: Info) -> list[PastOrder]:
        """Over all systems."""
        return [PastOrder.said(one) for one in await self._had(info, SalesOrderRecord)]

    @resolved("Products and contracts, newest statement first; at most 1000.")
    async def product_holdings(self, info: Info) -> list[PastHolding]:
        """What the customer had."""
        return [PastHolding.of(row_of(one)) for one in await self._had(info, ProductHoldingRecord)]

    @resolved("Campaigns and lists the customer was in, newest statement first; at most 1000.")
    async def campaign_memberships(self, info: Info) -> list[PastMembership]:
        """Over all systems."""
        return [PastMembership.of(row_of(one)) for one in await self._had(info, CampaignMembershipRecord)]

    @resolved("Business requests that packages told of, newest statement first; at most 1000.")
    async def requests(self, info: Info) -> list[PastRequest]:
        """What the hub itself carries out has its moments in the timeline."""
        return [PastRequest.of(row_of(one)) for one in await self._had(info, BusinessRequestRecord)]

    @resolved("Leads that packages told of, newest statement first; at most 1000.", Requires(Scope.LEADS_READ))
    async def leads(self, info: Info) -> list[PastLead] | None:
        """Under the scope that the present ones ask for."""
        return [PastLead.of(row_of(one)) for one in await self._had(info, SalesLeadRecord)]

    @resolved("What each holder had last said of his consent, newest first; at most 1000.")
    async def consents(self, info: Info) -> list[PastConsent]:
        """As systems held it, and as it was recorded here."""
        async with info.context.reading() as connection:
            return [PastConsent.of(one) for one in await statements_at(connection, self.customer_id, self.at)]

    async def _had(self, info: Info, kind: type[BelongingT]) -> Sequence[PastBelonging[BelongingT]]:
        async with info.context.reading() as connection:
            return await belongings_at(connection, self.customer_id, info.context.hub.terms.keys, kind, self.at)

    @classmethod
    def of(cls, customer_id: UUID, golden: Golden, at: datetime) -> Self:
        """The type from the golden record of then."""
        fields = [
            PastField(
                field=in_schema(name),
                value=golden.values[name],
                source=image.node.system,
                external_id=image.node.external_id,
                as_of=image.as_of,
                observed_at=image.observed_at,
                rule=rule,
            )
            for name, (image, rule) in golden.winners.items()
        ]
        return cls(
            customer_id=customer_id,
            golden=golden,
            at=at,
            fields=fields,
            contact_media=[PastMedium.of(child_of(one)) for one in golden.media],
            addresses=[PastAddress.of(child_of(one)) for one in golden.addresses],
            deleted=golden.deleted,
        )
