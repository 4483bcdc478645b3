"""How a customer is reached, and by which ids systems know him."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry
from strawberry import relay

from hub.reads.contact_relations import UNDELIVERABLE, VERIFIED
from hub.reads.freshness import Told, freshness_of
from hub.records.identity import Entity
from schema.context import Info
from schema.fields import resolved
from schema.reads import Configured
from schema.types.enums import MediumKind, SurvivorshipRule
from schema.types.freshness import FRESHNESS, PartFreshness, freshness
from schema.types.of_row import SAID_BY, OfRow
from schema.types.sourced import Sourced


def _ruled(part: str) -> Configured:
    return Configured(lambda terms: terms.rules.survivorship.of(part).rule.name)


@strawberry.type(description="That a contact medium does not take what is sent there.")
class Undeliverable(OfRow):
    """Until the value is corrected."""

    since: datetime = strawberry.field(description="When it was first reported.")
    reason: str = strawberry.field(description="What the remote side said.")
    reported_by: str = strawberry.field(description="Who reported it: a token's subject.")


@strawberry.type(description="That a contact medium was found to be the customer's.")
class Verification(OfRow):
    """Until the value is corrected."""

    at: datetime = strawberry.field(description="When it was last found out.")
    method: str = strawberry.field(description="How, such as a link that was clicked.")
    verified_by: str = strawberry.field(description="Who found out: a token's subject.")


@strawberry.type(description="A way to reach a customer (TMF629 contactMedium), once per value however many say so.")
class ContactMedium(relay.Node, Sourced, OfRow):
    """An e-mail address, phone number or web site."""

    id: relay.NodeID[UUID]
    external_id: strawberry.Private[str]
    kind: MediumKind = strawberry.field(description="E-mail, phone or something else.")
    value: str = strawberry.field(description="As the source wrote it.")
    normalised: str = strawberry.field(description="The one spelling: lower-cased e-mail, E.164 phone.")
    label: str | None = strawberry.field(description="The source's word for it, such as home or work.")
    preferred: bool = strawberry.field(description="Whether the source marks it as the one to use.")
    valid_from: datetime | None = strawberry.field(description="Not before this time.")
    valid_to: datetime | None = strawberry.field(description="Not from this time on.")

    @resolved(
        "By which survivorship rule this source's statement stands where several sources have the same one.",
        reads=_ruled("contact_media"),
    )
    async def rule(self, info: Info) -> SurvivorshipRule:
        """That of hub.yaml for this part."""
        return info.context.hub.rules.survivorship.of("contact_media").rule

    @resolved(
        "That it does not work, as somebody reported who sent something there; null: nobody did.", reads=UNDELIVERABLE
    )
    async def undeliverable(self, info: Info) -> Undeliverable | None:
        """Loaded for all media of the answer at once."""
        row = await info.context.loaders.undeliverable.load(self.id)
        return None if row is None else Undeliverable.of(row)

    @resolved(
        "That it is the customer's, as somebody found out who reached him there; null: nobody did.", reads=VERIFIED
    )
    async def verified(self, info: Info) -> Verification | None:
        """Loaded for all media of the answer at once."""
        row = await info.context.loaders.verified.load(self.id)
        return None if row is None else Verification.of(row)

    @resolved(FRESHNESS, reads=freshness_of(Entity.CUSTOMER))
    async def freshness(self, info: Info) -> PartFreshness:
        """By the flow that brings it."""
        told = Told(Entity.CUSTOMER, self.source, self.external_id, None)
        return await freshness(info, told)


@strawberry.type(description="A postal address of a customer.")
class PostalAddress(relay.Node, Sourced, OfRow):
    """An address, once per content."""

    id: relay.NodeID[UUID]
    external_id: strawberry.Private[str]
    street: str | None = strawberry.field(description="Street without the number.")
    house_number: str | None = strawberry.field(description="House number.")
    unit: str | None = strawberry.field(description="Flat, floor or addition.")
    postal_code: str | None = strawberry.field(description="Postal code.")
    locality: str | None = strawberry.field(description="Town or city.")
    region: str | None = strawberry.field(description="Province or state.")
    country: str | None = strawberry.field(description="Country (ISO 3166-1 alpha-2).")
    label: str | None = strawberry.field(description="The source's word for it, such as invoice or delivery.")
    preferred: bool = strawberry.field(description="Whether the source marks it as the one to use.")
    valid_from: datetime | None = strawberry.field(description="Not before this time.")
    valid_to: datetime | None = strawberry.field(description="Not from this time on.")

    @resolved(
        "By which survivorship rule this source's statement stands where several sources have the same one.",
        reads=_ruled("addresses"),
    )
    async def rule(self, info: Info) -> SurvivorshipRule:
        """That of hub.yaml for this part."""
        return info.context.hub.rules.survivorship.of("addresses").rule

    @resolved(FRESHNESS, reads=freshness_of(Entity.CUSTOMER))
    async def freshness(self, info: Info) -> PartFreshness:
        """By the flow that brings it."""
        told = Told(Entity.CUSTOMER, self.source, self.external_id, None)
        return await freshness(info, told)


@strawberry.type(description="The id under which a connected system knows the customer.")
class CustomerIdentifier(OfRow):
    """One entry of the crosswalk."""

    system: str = strawberry.field(description="Name of the system.")
    external_id: str = strawberry.field(description="The customer's id there.")
    since: datetime = strawberry.field(description="Since when the hub takes the two for the same customer.")


@strawberry.type(description="A segment the customer is in.")
class Segment(OfRow):
    """A group that marketing has put the customer in."""

    named = SAID_BY | {"name": "segment"}

    name: str = strawberry.field(description="Name of the segment.")
    source: str = strawberry.field(description="Name of the system that says so.")
    since: datetime = strawberry.field(description="Since when.")
