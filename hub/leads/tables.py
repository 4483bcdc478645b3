"""Leads, those of packages and the hub's own, with what the hub does about them and what customers answered."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from hub.customers.belongings import Belonging
from hub.store.metadata import Table


class SalesLead(Belonging, Table):
    """A lead (TMF699); `probability` is a percentage.

    Held by a package, or opened here: then `system` is "hub", `number` and `external_id` are its number and `owner`
    is NULL. A package's row with the `hub_number` of such a lead is its counterpart there, and is not a second one.
    `campaign`, of the hub's own, is its name at campaign management: here, where lists of it are sorted.
    """

    __tablename__ = "sales_lead"

    number: Mapped[str | None]
    name: Mapped[str | None]
    state: Mapped[str]
    state_reason: Mapped[str | None]
    rating: Mapped[str | None]
    priority: Mapped[str | None]
    amount: Mapped[Decimal | None]
    currency: Mapped[str | None]
    probability: Mapped[int | None]
    started_on: Mapped[date | None]
    ended_on: Mapped[date | None]
    lead_owner: Mapped[str | None]
    hub_number: Mapped[str | None]
    campaign: Mapped[str | None]


Index("ix_sales_lead_as_of", SalesLead.as_of, SalesLead.id)  # lists of leads over all customers, newest first
Index(
    "ix_sales_lead_campaign",
    SalesLead.campaign,
    SalesLead.as_of,
    SalesLead.id,
    postgresql_where=text("campaign IS NOT NULL"),
)
Index("uq_sales_lead_hub", SalesLead.number, unique=True, postgresql_where=text("system = 'hub'"))
Index("ix_sales_lead_counterpart", SalesLead.hub_number, postgresql_where=text("hub_number IS NOT NULL"))


class LeadHandling(Table):
    """What the hub does about a lead; every lead of the hub's own has one, a package's from its first answer here on.

    `direction` is None for a package's, which does not tell it. A lead that came from campaign management says with
    `source_system` and `source_id` which membership it is, so that a repeated pull makes no second one. `event_id` is
    the contact event that opened it. `responded_at` is the customer's first answer: from then on nothing is delivered
    any more.
    `unreached_since`: no channel reaches him, for the reason (a DeliveryReason) that stands beside it.
    """

    __tablename__ = "lead_handling"
    __table_args__ = (
        Index("uq_lead_handling_source", "source_system", "source_id", unique=True),
        Index("uq_lead_handling_event", "event_id", unique=True),
        Index("ix_lead_handling_direction", "direction", "lead_id", postgresql_where=text("direction IS NOT NULL")),
        Index("ix_lead_handling_responded", "lead_id", postgresql_where=text("responded_at IS NOT NULL")),
        Index("ix_lead_handling_unreached", "lead_id", postgresql_where=text("unreached_since IS NOT NULL")),
        Index("ix_lead_handling_closed", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),
        Index(
            "ix_lead_handling_unanswered",
            "opened_at",
            "lead_id",
            postgresql_where=text("direction = 'OUTBOUND' AND responded_at IS NULL AND closed_at IS NULL"),
        ),
    )

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("sales_lead.id", ondelete="CASCADE"), primary_key=True)
    direction: Mapped[str | None]
    channel: Mapped[str | None]
    proposition: Mapped[str | None]
    session_id: Mapped[UUID | None]
    dialog_id: Mapped[UUID | None]
    event_id: Mapped[str | None]
    source_system: Mapped[str | None]
    source_id: Mapped[str | None]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    responded_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    unreached_since: Mapped[datetime | None]
    unreached_reason: Mapped[str | None]


class LeadCounterpart(Table):
    """A lead of the hub's at a package, as the package told it last: what differs from that is the package's news."""

    __tablename__ = "lead_counterpart"

    lead_id: Mapped[UUID] = mapped_column(ForeignKey("sales_lead.id", ondelete="CASCADE"), primary_key=True)
    system: Mapped[str] = mapped_column(primary_key=True)
    external_id: Mapped[str]
    told: Mapped[dict[str, object]]
    told_at: Mapped[datetime]


class LeadResponse(Table):
    """One answer of a customer to a lead, in whatever channel; stored once under `key`.

    `delivery_id` is the delivery that the answer's link was in. `occurred_at` is when he answered.
    """

    __tablename__ = "lead_response"
    __table_args__ = (
        Index("ix_lead_response_lead", "lead_id", "occurred_at"),
        Index("ix_lead_response_customer", "customer_id", "occurred_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    lead_id: Mapped[UUID] = mapped_column(ForeignKey("sales_lead.id", ondelete="CASCADE"))
    customer_id: Mapped[UUID | None]
    channel: Mapped[str]
    outcome: Mapped[str]
    session_id: Mapped[UUID | None]
    delivery_id: Mapped[UUID | None]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
