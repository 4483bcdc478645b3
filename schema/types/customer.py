"""The customer's view."""

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
)
from hub.reads.customers import CustomerRow
from hub.reads.parts import Conditions
from hub.reads.promises import COMMITMENTS, STANDING, TIMELINE
from hub.reads.reaching import ADDRESSES, IDENTIFIERS, MEDIA, RELATED, SEGMENTS, address_at
from hub.reads.relations import (
    ALL_OF_THEM,
    PROVENANCE_OF_CUSTOMER,
    SOURCES_OF_CUSTOMER,
    Relation,
    address_then,
    whole,
)
from hub.reads.steward_acts import ACTS_OF_CUSTOMER
from hub.store.statement import parameter
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.reads import Arguments, Pages, ReadTerms, Slot
from schema.types.belongings import CampaignMembership, Consent, ProductHolding
from schema.types.conflict import FieldConflict
from schema.types.connection import After, Before, Connection, First, Last, window_of
from schema.types.consent import ConsentStanding
from schema.types.customer_relation import CustomerRelation
from schema.types.delivery import LeadDelivery
from schema.types.enums import PartyKind
from schema.types.freshness import FieldProvenance, SourceStatus
from schema.types.of_row import OfRow
from schema.types.order import SalesOrder
from schema.types.promise import Commitment, TimelineEntry
from schema.types.reaching import ContactMedium, CustomerIdentifier, PostalAddress, Segment
from schema.types.request import BusinessRequest
from schema.types.sales_lead import SalesLead
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
    value_class: str | None = strawberry.field(
        description="The company's own class of what he is worth to it, such as A."
    )
    lifetime_value: Decimal | None = strawberry.field(
        description="What the company expects to earn by him over the whole relation, in `lifetimeValueCurrency`."
    )
    lifetime_value_currency: str | None = strawberry.field(description="Currency of `lifetimeValue` (ISO 4217).")
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

    @resolved(
        "Merges and splits of his records, newest first; at most 100.",
        Requires(Scope.CUSTOMERS_STEWARD),
        reads=ACTS_OF_CUSTOMER,
    )
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
