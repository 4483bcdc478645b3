"""How a company conducts contacts, as written under `contact:`."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from pydantic import Field

from hub.records.contact import Registration
from hub.records.enums import RequestKind
from hub.settings.written import Name, Written


class Channel(Written):
    """One way in which customers and the company meet."""

    manned: bool = Field(False, description="Whether a person of the company serves it.")
    timeout_minutes: int = Field(
        30, ge=1, le=43_200, description="A session in which nothing happens for so long is ended by schedule."
    )
    answer_seconds: int | None = Field(
        None, ge=0, le=31_622_400, description="Seconds from the start of an inbound contact to its answer."
    )
    cost: Decimal | None = Field(None, ge=0, description="What one contact costs on average.")
    yield_: Decimal | None = Field(None, alias="yield", description="What one contact yields on average.")


class ResponseTarget(Written):
    """Within which time a request is answered; a condition left out asks nothing."""

    channel: str | None = Field(None, description="Only requests opened in this channel.")
    status: str | None = Field(None, description="Only customers of this status, such as gold; case does not matter.")
    kind: RequestKind | None = Field(None, description="Only QUOTE, SALE, SERVICE or COMPLAINT.")
    minutes: int = Field(ge=1, le=525_600, description="Minutes from opening to the first answer.")


CHANNELS: Final[Mapping[str, Channel]] = {
    "web": Channel(),
    "app": Channel(),
    "call-centre": Channel(manned=True, timeout_minutes=120),
    "branch": Channel(manned=True, timeout_minutes=120),
    "email": Channel(manned=True, timeout_minutes=2_880),
    "chat": Channel(manned=True),
    "sms": Channel(timeout_minutes=1_440),
    "post": Channel(manned=True, timeout_minutes=20_160),
}
"""The channels of a company that says nothing."""


class ContactRules(Written):
    """The whole section."""

    topics: str | None = Field(
        None, description="Path of the catalogue of topics, from hub.yaml's folder; without one no dialog starts."
    )
    channels: Mapping[Name, Channel] = Field(CHANNELS, description="The channels by name.")
    registration: Registration = Field(
        Registration.COMMERCIAL,
        description="Which contacts Sales hears of: ALL, COMMERCIAL (a commercial topic, a quote or a sale) or NONE.",
    )
    response_targets: tuple[ResponseTarget, ...] = Field(
        (), description="Rules in order, of which the first that fits a new request counts."
    )
    response_minutes: int = Field(
        1_440, ge=1, le=525_600, description="Minutes to the first answer where no response target fits."
    )
    escalated_to: str | None = Field(
        "supervisors",
        min_length=1,
        max_length=200,
        description="Who keeps a broken promise: a token's subject, or a team. Null: who kept it before.",
    )


DEFAULT_CONTACT: Final = ContactRules()
"""The rules of a company that says nothing."""
