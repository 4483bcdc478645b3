"""Names of things: identifiers as types of their own, so that a customer id is never passed for an order id."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, NewType
from uuid import UUID

from pydantic import AfterValidator, StringConstraints

SystemName = NewType("SystemName", str)
ExternalId = NewType("ExternalId", str)
CustomerId = NewType("CustomerId", UUID)
FlowName = NewType("FlowName", str)

ExternalIdText = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]


class Entity(StrEnum):
    """The kinds of record that a system can hold for the hub."""

    CUSTOMER = "customer"
    SALES_ORDER = "sales_order"
    PRODUCT_HOLDING = "product_holding"
    BUSINESS_REQUEST = "business_request"
    SALES_LEAD = "sales_lead"
    CAMPAIGN_MEMBERSHIP = "campaign_membership"
    CAMPAIGN = "campaign"
    CONSENT = "consent"
    CONTACT = "contact"
    WRAP_UP = "wrap_up"
    CONTACT_EVENT = "contact_event"
    LEAD_RESPONSE = "lead_response"


class SystemRole(StrEnum):
    """What a connected package is used as; one package may have several roles."""

    CRM = "CRM"
    LMS = "LMS"
    CM = "CM"
    BACK_OFFICE = "BACK_OFFICE"
    CHANNEL = "CHANNEL"


def _collapsed(text: str) -> str:
    return " ".join(text.split())


Words = Annotated[str, StringConstraints(max_length=500), AfterValidator(_collapsed)]
