"""What belongs to a customer in one system: each names its owner by that system's own customer id.

Amounts are exact decimals in the currency beside them (ISO 4217); times are aware and in UTC.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from hub.records.customer import Canonical
from hub.records.enums import (
    ConsentStatus,
    LeadPriority,
    LeadRating,
    LeadState,
    LegalBasis,
    RequestKind,
    RequestState,
)
from hub.records.identity import ExternalIdText, Words
from hub.records.offers import CampaignState


class Belonging(Canonical):
    """A record that is a customer's; `customer` is the owner's external id in the same system, None if unknown."""

    customer: ExternalIdText | None = None


class OrderLineRecord(Canonical):
    """One line; `amount` is quantity times unit price, without tax."""

    external_id: ExternalIdText
    product: Words | None = None
    description: Words | None = None
    quantity: Decimal | None = None
    unit_price: Decimal | None = None
    amount: Decimal | None = None


class SalesOrderRecord(Belonging):
    """An order with its lines in the package's own sequence."""

    number: Words | None = None
    state: RequestState
    ordered_on: date | None = None
    currency: Words | None = None
    total: Decimal | None = None
    description: Words | None = None
    lines: tuple[OrderLineRecord, ...] = ()


class ProductHoldingRecord(Belonging):
    """A product or contract the customer has."""

    product: Words
    quantity: Decimal | None = None
    active_from: date | None = None
    active_to: date | None = None


class BusinessRequestRecord(Belonging):
    """A running or finished process for the customer (TMF701 ProcessFlow).

    `hub_number` is the hub's own number of the request that a package carries out for it: both are one request.
    """

    kind: RequestKind
    state: RequestState
    number: Words | None = None
    subject: Words | None = None
    opened_at: datetime | None = None
    due_at: datetime | None = None
    hub_number: Words | None = None


class SalesLeadRecord(Belonging):
    """A lead (TMF699); `probability` is a percentage from 0 to 100.

    `hub_number` is the hub's own number of the lead that a package holds a counterpart of: both are one lead.
    """

    number: Words | None = None
    name: Words | None = None
    state: LeadState
    state_reason: Words | None = None
    rating: LeadRating | None = None
    priority: LeadPriority | None = None
    amount: Decimal | None = None
    currency: Words | None = None
    probability: int | None = None
    started_on: date | None = None
    ended_on: date | None = None
    owner: Words | None = None
    hub_number: Words | None = None


class CampaignMembershipRecord(Belonging):
    """One customer's place in a campaign or list; `step` is the last activity reached."""

    campaign: Words
    state: Words
    step: Words | None = None
    joined_at: datetime | None = None


class CampaignRecord(Belonging):
    """A campaign of the CM (flow 3); nobody's own, so `customer` is always None."""

    name: Words
    state: CampaignState


class ConsentRecord(Belonging):
    """Consent for a purpose, optionally on one channel, valid in [valid_from, valid_to)."""

    purpose: Words
    channel: Words | None = None
    status: ConsentStatus
    legal_basis: LegalBasis = LegalBasis.CONSENT
    evidence: Words | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
