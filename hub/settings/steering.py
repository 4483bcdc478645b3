"""By what a company's contacts are judged, as written under `steering:`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from pydantic import Field

from hub.settings.flows import TimeZone
from hub.settings.written import Name, Written


class SteeredChannel(Written):
    """What a contact in one channel costs and yields, and within what time it is to be answered."""

    answer_seconds: int | None = Field(
        None, ge=0, le=31_622_400, description="Seconds from the start of an inbound contact to its answer."
    )
    cost: Decimal | None = Field(None, ge=0, description="What one contact costs on average.")
    yield_: Decimal | None = Field(None, alias="yield", description="What one contact yields on average.")


class SteeringRules(Written):
    """The whole section."""

    time_zone: TimeZone = Field("UTC", description="IANA zone in which the company's days begin.")
    currency: str = Field("EUR", pattern="^[A-Z]{3}$", description="Of every cost and yield (ISO 4217).")
    answer_seconds: int = Field(
        20, ge=0, le=31_622_400, description="Seconds to the answer in channels that say nothing else."
    )
    repeat_days: int = Field(
        7, ge=1, le=90, description="A contact on the same topic within so many days repeats the one before."
    )
    channels: Mapping[Name, SteeredChannel] = Field({}, description="Channels of `contact.channels` by name.")


DEFAULT_STEERING: Final = SteeringRules()
"""The rules of a company that says nothing."""
