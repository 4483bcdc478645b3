"""The customer's view, and the leads in it, which name their customer in turn."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import partial
from typing import Annotated, Self
from uuid import UUID

import strawberry
from sqlalchemy import TIMESTAMP
from strawberry import relay

from hub.reads.belongings import CONSENTS, FINISHED, HOLDINGS, LEADS, MEMBERSHIPS, ORDERS, REQUESTS, RUNNING
from hub.reads.compiled.state import NOW
from hub.reads.contact_relations import (
    DELIVERIES_OF_CUSTOMER,
    DELIVERIES_OF_LEAD,
    OTHER_CUSTOMER,
    RESPONSES_OF_LEAD,
)
from hub.reads.customers import CustomerRow
from hub.reads.freshness import Told, freshness_of
from hub.reads.parts import Conditions
from hub.reads.promises import COMMITMENTS, STANDING, TIMELINE
from hub.reads.reaching import ADDRESSES, IDENTIFIERS, MEDIA, RELATED, SEGMENTS, address_at
from hub.reads.relations import (
    ALL_OF_THEM,
    CUSTOMER_OF_LEAD,
    PROVENANCE_OF_CUSTOMER,
    SOURCES_OF_CUSTOMER,
    Relation,
    address_then,
    whole,
)
from hub.records.identity import Entity
from hub.store.statement import parameter
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.reads import Arguments, Pages, ReadTerms, Slot
from schema.types.belongings import CampaignMembership, Consent, ProductHolding
from schema.types.conflict import FieldConflict
from schema.types.connection import After, Before, Connection, First, Last, window_of
from schema.types.consent import ConsentStanding
from schema.types.delivery import LeadDelivery
from schema.types.enums import DeliveryReason, Direction, LeadPriority, LeadRating, LeadState, PartyKind, RelationKind
from schema.types.freshness import FRESHNESS, FieldProvenance, PartFreshness, SourceStatus, freshness
from schema.types.lead_parts import LeadReceipt, LeadResponse
from schema.types.of_row import OfRow
from schema.types.order import SalesOrder
from schema.types.promise import Commitment, TimelineEntry
from schema.types.reaching import ContactMedium, CustomerIdentifier, PostalAddress, Segment
from schema.types.request import BusinessRequest
from schema.types.sourced import Sourced
from schema.types.steward import StewardAct


def _running(arguments: Arguments) -> Conditions:
    running = arguments.get("running")
    return () if running is None else RUNNING if running else FINISHED


def _standing(arguments: Arguments) -> Conditions:
    return STANDING if arguments["open"] else ()


class AddressThen:
    """How the address of a moment is read by one statement."""

    def relation(self, arguments: Arguments, slot: Slot) -> Relation:
        """Without a moment that of the request."""
        moment = TIMESTAMP(timezone=True)
        given = arguments.get("at") is not None
        return address_then(slot("at", moment) if given else parameter(NOW, moment))

    def values(self, arguments: Arguments, _: ReadTerms) -> Mapping[str, object]:
        """The moment, if there is one."""
        return {} if arguments.get("at") is None else {"at": arguments["at"]}


@strawberry.type(description="The golden record of a person or organisation, put together from all systems.")
class Customer(relay.Node, OfRow):
    """One customer, whichever systems know him."""

    id: relay.NodeID[UUID]
    kind: PartyKind = strawberry.field(description="Person or organisation.")
    name: str | None = strawberry.field(description="Full name.")
    given_name: str | None = strawberry.field(description="First name.")
    family_name: str | None = strawberry.field(description="Last name.")
    birth_date: date | None = strawberry.field(description="Date of birth.")
    language: str | None = strawberry.field(description="Preferred language (BCP 47).")
    status: str | None = strawberry.field(description="Standing with the company, such as gold.")
    customer_number: str | None = strawberry.field(description="The number the customer knows himself by.")
    tone: str | None = strawberry.field(description="How he wants to be addressed, such as formal.")
    preferred_channel: str | None = strawberry.field(description="The channel he wants to be reached through.")
    deleted: bool = strawberry.field(description="No system knows the customer any more; the record is kept.")
    version: int = strawberry.field(description="Grows by one with every change of the golden values.")
    created_at: datetime = strawberry.field(description="When the hub first knew the customer.")
    updated_at: datetime = strawberry.field(description="When a golden value last changed.")

    @resolved("The ids under which systems know the customer.", reads=whole(IDENTIFIERS))
    async def identifiers(self, info: Info) -> list[CustomerIdentifier]:
        """By system."""
        page = await info.context.loaders.page(IDENTIFIERS, self.id, ALL_OF_THEM)
        return [CustomerIdentifier.of(row) for row in page.rows]

    @resolved("E-mail addresses, phones and more, preferred ones first; at most 100.", reads=whole(MEDIA))
    async def contact_media(self, info: Info) -> list[ContactMedium]:
        """Golden: once per value."""
        page = await info.context.loaders.page(MEDIA, self.id, ALL_OF_THEM)
        return [ContactMedium.of(row) for row in page.rows]

    @resolved("Postal addresses, preferred ones first; at most 100.", reads=whole(ADDRESSES))
    async def addresses(self, info: Info) -> list[PostalAddress]:
        """Golden: once per content."""
        page = await info.context.loaders.page(ADDRESSES, self.id, ALL_OF_THEM)
        return [PostalAddress.of(row) for row in page.rows]

    @resolved(
        "The postal address that holds at a moment, the preferred one if there are several; null: none does.",
        reads=AddressThen(),
    )
    async def current_address(
        self,
        info: Info,
        at: Annotated[datetime | None, strawberry.argument(description="The moment; left out: now.")] = None,
    ) -> PostalAddress | None:
        """Of the addresses that are known now."""
        page = await info.context.loaders.page(ADDRESSES, self.id, ALL_OF_THEM)
        row = address_at(page.rows, at or info.context.now())
        return None if row is None else PostalAddress.of(row)

    @resolved("Household, family, company and reference groups; at most 100.", reads=whole(RELATED))
    async def relations(self, info: Info) -> list[CustomerRelation]:
        """As the systems say, by kind."""
        page = await info.context.loaders.page(RELATED, self.id, ALL_OF_THEM)
        return [CustomerRelation.of(row) for row in page.rows]

    @resolved("Products and contracts, newest statement first; at most 100.", reads=whole(HOLDINGS))
    async def product_holdings(self, info: Info) -> list[ProductHolding]:
        """What the customer has."""
        page = await info.context.loaders.page(HOLDINGS, self.id, ALL_OF_THEM)
        return [ProductHolding.of(row) for row in page.rows]

    @resolved("Orders, newest statement first.", reads=Pages(ORDERS))
    async def orders(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[SalesOrder]:
        """Over all systems."""
        window = window_of(info, ORDERS.order, first, after, last, before)
        page = await info.context.loaders.page(ORDERS, self.id, window)
        return Connection.of(page, ORDERS.order, SalesOrder.of, partial(info.context.loaders.count, ORDERS, self.id))

    @resolved("Business requests, newest statement first.", reads=Pages(REQUESTS, _running))
    async def requests(
        self,
        info: Info,
        running: Annotated[
            bool | None, strawberry.argument(description="True: somebody still has to act; false: finished ones.")
        ] = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[BusinessRequest]:
        """Over all systems."""
        window = window_of(info, REQUESTS.order, first, after, last, before)
        conditions = _running({"running": running})
        page = await info.context.loaders.page(REQUESTS, self.id, window, conditions)
        count = partial(info.context.loaders.count, REQUESTS, self.id, conditions)
        return Connection.of(page, REQUESTS.order, BusinessRequest.of, count)

    @resolved(
        "Promises made to the customer, the first that is due first.",
        Requires(Scope.CONTACTS_READ),
        reads=Pages(COMMITMENTS, _standing),
    )
    async def commitments(
        self,
        info: Info,
        open: Annotated[
            bool, strawberry.argument(description="True: only those still to be kept, late ones too.")
        ] = True,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Commitment]:
        """Whichever channel made them."""
        window = window_of(info, COMMITMENTS.order, first, after, last, before)
        conditions = _standing({"open": open})
        page = await info.context.loaders.page(COMMITMENTS, self.id, window, conditions)
        count = partial(info.context.loaders.count, COMMITMENTS, self.id, conditions)
        return Connection.of(page, COMMITMENTS.order, Commitment.of, count)

    @resolved(
        "Contact history over all channels, the newest first.", Requires(Scope.CONTACTS_READ), reads=Pages(TIMELINE)
    )
    async def timeline(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[TimelineEntry]:
        """Sessions, dialogs, requests and promises as they happened."""
        window = window_of(info, TIMELINE.order, first, after, last, before)
        page = await info.context.loaders.page(TIMELINE, self.id, window)
        count = partial(info.context.loaders.count, TIMELINE, self.id)
        return Connection.of(page, TIMELINE.order, TimelineEntry.of, count)

    @resolved("Leads, newest statement first.", Requires(Scope.LEADS_READ), reads=Pages(LEADS))
    async def leads(
        self, info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[SalesLead] | None:
        """Over all systems."""
        window = window_of(info, LEADS.order, first, after, last, before)
        page = await info.context.loaders.page(LEADS, self.id, window)
        return Connection.of(page, LEADS.order, SalesLead.of, partial(info.context.loaders.count, LEADS, self.id))

    @resolved(
        "Leads on their way to him, what was planned last first; at most 100.",
        Requires(Scope.LEADS_READ),
        reads=DELIVERIES_OF_CUSTOMER,
    )
    async def outbound_deliveries(self, info: Info) -> list[LeadDelivery] | None:
        """Over all channels."""
        return [LeadDelivery.of(row) for row in await info.context.loaders.deliveries_of_customers.load(self.id)]

    @resolved("Campaigns and lists the customer is in, newest statement first; at most 100.", reads=whole(MEMBERSHIPS))
    async def campaign_memberships(self, info: Info) -> list[CampaignMembership]:
        """Over all systems."""
        page = await info.context.loaders.page(MEMBERSHIPS, self.id, ALL_OF_THEM)
        return [CampaignMembership.of(row) for row in page.rows]

    @resolved("Segments the customer is in, by name; at most 100.", reads=whole(SEGMENTS))
    async def segments(self, info: Info) -> list[Segment]:
        """Over all systems."""
        page = await info.context.loaders.page(SEGMENTS, self.id, ALL_OF_THEM)
        return [Segment.of(row) for row in page.rows]

    @resolved("What the customer allowed or refused, newest statement first; at most 100.", reads=whole(CONSENTS))
    async def consents(self, info: Info) -> list[Consent]:
        """As the systems hold it; expiry follows from the validity."""
        page = await info.context.loaders.page(CONSENTS, self.id, ALL_OF_THEM)
        return [Consent.of(row) for row in page.rows]

    @resolved("What the customer allows for a purpose, in a channel, at a moment: decided from all statements.")
    async def consent(
        self,
        info: Info,
        purpose: Annotated[str, strawberry.argument(description="The purpose, such as marketing.")],
        channel: Annotated[
            str | None, strawberry.argument(description="The channel; left out: what holds for all alike.")
        ] = None,
        at: Annotated[datetime | None, strawberry.argument(description="The moment; left out: now.")] = None,
    ) -> ConsentStanding:
        """Loaded for all customers of the answer at once."""
        moment = at or info.context.now()
        consents = await info.context.loaders.consents.load(self.id)
        return ConsentStanding.of(consents.decide(purpose, channel, moment), purpose, channel, moment)

    @resolved("Where each value of this record came from, by field.", reads=PROVENANCE_OF_CUSTOMER)
    async def provenance(self, info: Info) -> list[FieldProvenance]:
        """A field that nobody speaks of has none; one of which a source says that there is no value has."""
        return [FieldProvenance.of(row) for row in await info.context.loaders.provenance.load(self.id)]

    @resolved("How fresh each system's part of this view is; one that is down is told here.", reads=SOURCES_OF_CUSTOMER)
    async def sources(self, info: Info) -> list[SourceStatus]:
        """By system."""
        return [SourceStatus.of(row) for row in await info.context.loaders.sources.load(self.id)]

    @resolved("Fields in which his sources differ, with what was kept.", Requires(Scope.CUSTOMERS_STEWARD))
    async def conflicts(self, info: Info) -> list[FieldConflict] | None:
        """By field."""
        return [FieldConflict.found(one) for one in await info.context.loaders.conflicts.load(self.id)]

    @resolved("Merges and splits of his records, newest first; at most 100.", Requires(Scope.CUSTOMERS_STEWARD))
    async def steward_acts(self, info: Info) -> list[StewardAct] | None:
        """What people decided about who he is."""
        return [StewardAct.of(row) for row in await info.context.loaders.acts.load(self.id)]

    @classmethod
    def shown(cls, info: Info, row: CustomerRow) -> Self:
        """The type from its row; that the caller is shown it goes into the audit trail."""
        info.context.shows(info, [row.id])
        return cls.of(row)

    @classmethod
    async def visible(cls, info: Info, identity: UUID) -> Self | None:
        """The customer an id stands for now, None where there is none or the caller may not see him."""
        row = await info.context.loaders.customers.load(identity)
        return None if row is None else cls.shown(info, row)


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
        return None if self.other_id is None else await Customer.visible(info, self.other_id)

    @resolved(FRESHNESS, reads=freshness_of(Entity.CUSTOMER))
    async def freshness(self, info: Info) -> PartFreshness:
        """That of the record that says so."""
        return await freshness(info, Told(Entity.CUSTOMER, self.source, self.external_id, None))


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

    @resolved("How far each system is that is told of it; a package that refused a change is told here.")
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
