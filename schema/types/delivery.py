"""Deliveries of leads, print runs and outbound channels."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, ClassVar, Self
from uuid import UUID

import strawberry
from strawberry import relay

from hub.outbound.opening import open_at, slots
from hub.reads.belongings import LEADS
from hub.reads.contact_relations import LEAD, OWN_CUSTOMER
from hub.reads.outbound import DELIVERIES, LETTERS_OF_RUN, ChannelLoad, DeliveryRow
from hub.settings.channels import OutboundChannel as ChannelSettings
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.types.enums import ChannelKind, DeliveryReason, DeliveryState, PrintRunState
from schema.types.of_row import OfRow

if TYPE_CHECKING:
    from schema.types.customer import Customer
    from schema.types.sales_lead import SalesLead

LazyCustomer = Annotated["Customer", strawberry.lazy("schema.types.customer")]
LazyLead = Annotated["SalesLead", strawberry.lazy("schema.types.sales_lead")]


@strawberry.type(description="A lead on its way by one channel (TMF681 CommunicationMessage).")
class LeadDelivery(relay.Node, OfRow):
    """It holds no personal data: whom it goes to, and where, is asked when it leaves."""

    id: relay.NodeID[UUID]
    lead_id: strawberry.Private[UUID]
    customer_id: strawberry.Private[UUID | None]
    channel: str = strawberry.field(description="The channel, as hub.yaml names it.")
    kind: ChannelKind = strawberry.field(description="What that channel is.")
    state: DeliveryState = strawberry.field(description="Where it stands.")
    reason: DeliveryReason | None = strawberry.field(description="Why it stands there.")
    planned_for: datetime = strawberry.field(description="Not before this time.")
    expires_at: datetime = strawberry.field(description="Dropped if it has not left by then.")
    tries: int = strawberry.field(description="How often it was to leave.")
    taken_at: datetime | None = strawberry.field(description="When a sender, a print run or an agent took it last.")
    taken_by: str | None = strawberry.field(description="Who took it: an agent, `mail` or `print`.")
    lease_until: datetime | None = strawberry.field(description="Until when a call is its agent's.")
    answer: str | None = strawberry.field(description="What the mail server said last, such as 550.")
    sent_at: datetime | None = strawberry.field(description="When it left.")
    settled_by: str | None = strawberry.field(description="Who decided what became of it when nobody knew.")
    changed_at: datetime = strawberry.field(description="When its state last changed.")

    @resolved("The lead.", Requires(Scope.LEADS_READ), reads=LEAD)
    async def lead(self, info: Info) -> LazyLead | None:
        """Loaded for all deliveries of the answer at once."""
        from schema.types.sales_lead import SalesLead  # the two types name each other

        row = await info.context.loaders.part(LEADS, self.lead_id)
        return None if row is None else SalesLead.of(row)

    @resolved("Whom it goes to.", Requires(Scope.CUSTOMERS_READ), reads=OWN_CUSTOMER)
    async def customer(self, info: Info) -> LazyCustomer | None:
        """Loaded for all deliveries of the answer at once."""
        from schema.types.customer import Customer  # the two types name each other

        return None if self.customer_id is None else await Customer.visible(info, self.customer_id)

    @classmethod
    async def visible(cls, info: Info, identity: UUID) -> Self | None:
        """The delivery with this id, None where there is none or the caller may not see it."""
        row = await info.context.loaders.part(DELIVERIES, identity)
        return None if row is None else cls.shown(info, row)

    @classmethod
    def shown(cls, info: Info, row: DeliveryRow) -> Self:
        """The type from its row; that the caller is shown its customer goes into the audit trail."""
        if row.customer_id is not None:
            info.context.shows(info, [row.customer_id])
        return cls.of(row)


@strawberry.type(description="The letters of one closing of a print channel.")
class PrintRun(OfRow):
    """Handed over as a whole."""

    named: ClassVar[Mapping[str, str]] = {"key": "id", "written": "letters"}

    key: strawberry.Private[UUID]
    channel: str = strawberry.field(description="The channel.")
    closes_at: datetime = strawberry.field(description="Until then a customer who answers is taken out.")
    state: PrintRunState = strawberry.field(description="Where it stands.")
    written: strawberry.Private[int | None]
    digest: str | None = strawberry.field(description="SHA-256 of its data file, as in the manifest.")
    delivered_at: datetime | None = strawberry.field(description="When the print street got it.")

    @resolved("How many letters it has; of an open one, how many it would have now.", reads=LETTERS_OF_RUN)
    async def letters(self, info: Info) -> int:
        """Loaded for all runs of the answer at once."""
        return self.written if self.written is not None else await info.context.loaders.letters.load(self.key)


@strawberry.type(description="A channel that carries leads out.")
class OutboundChannel:
    """As hub.yaml describes it, with how it stands now."""

    name: str = strawberry.field(description="Its name in hub.yaml.")
    kind: ChannelKind = strawberry.field(description="What it is.")
    contact_channel: str = strawberry.field(description="The channel that a consent must name.")
    per_hour: int | None = strawberry.field(description="Contacts it takes in a clock hour.")
    per_day: int | None = strawberry.field(description="Contacts it takes in a local day.")
    cost: float = strawberry.field(description="What one contact costs.")
    yields: float = strawberry.field(name="yield", description="What one contact brings on average.")
    open: bool = strawberry.field(description="Whether it works now.")
    opens_at: datetime = strawberry.field(description="Since when it is open, or from when on.")
    planned: int = strawberry.field(description="Deliveries that are planned.")
    due: int = strawberry.field(description="Of these, how many could leave now but for hours and capacity.")
    unknown: int = strawberry.field(description="Mails of which nobody knows whether they left: a person decides.")

    @classmethod
    def found(cls, name: str, channel: ChannelSettings, load: ChannelLoad, now: datetime) -> Self:
        """From its settings and what waits in it."""
        slot = next(slots(channel.opening, now))
        return cls(
            name=name,
            kind=channel.kind,
            contact_channel=channel.contact_channel,
            per_hour=channel.capacity.per_hour,
            per_day=channel.capacity.per_day,
            cost=channel.cost,
            yields=channel.yields,
            open=open_at(channel.opening, now) is not None,
            opens_at=slot.opens,
            planned=load.planned,
            due=load.due,
            unknown=load.unknown,
        )
