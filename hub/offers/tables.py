"""Leads and campaign memberships as their packages hold them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Index
from sqlalchemy.orm import Mapped

from hub.customers.belongings import Belonging
from hub.store.metadata import Table


class SalesLead(Belonging, Table):
    """A lead (TMF699); `probability` is a percentage."""

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


Index("ix_sales_lead_as_of", SalesLead.as_of, SalesLead.id)  # lists of leads over all customers, newest first


class CampaignMembership(Belonging, Table):
    """One customer's place in a campaign or list."""

    __tablename__ = "campaign_membership"

    campaign: Mapped[str]
    state: Mapped[str]
    step: Mapped[str | None]
    joined_at: Mapped[datetime | None]
