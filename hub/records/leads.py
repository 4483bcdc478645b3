"""Words and records of leads and of the answers to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from hub.records.customer import Canonical
from hub.records.identity import ExternalIdText, Words


class LeadOutcome(StrEnum):
    """What a customer answered to a lead: those of the contact model's outcomes that are an answer."""

    CLICKED = "CLICKED"
    INTEREST = "INTEREST"
    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    LATER = "LATER"


class LeadResponseRecord(Canonical):
    """An answer to a lead, as flow 11 tells campaign and lead management.

    `number` is the hub's of the lead, `lead` its id at that system, and `membership` that of the customer's place in
    the campaign: each where it has one.
    """

    customer: ExternalIdText | None = None
    customer_key: ExternalIdText | None = None
    lead: ExternalIdText | None = None
    number: Words | None = None
    membership: ExternalIdText | None = None
    campaign: Words | None = None
    proposition: Words | None = None
    channel: Words
    outcome: LeadOutcome
    occurred_at: datetime
