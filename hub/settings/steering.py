"""By what a company's contacts are judged, as written under `steering:`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from hub.settings.flows import TimeZone
from hub.settings.written import Written


class SteeringRules(Written):
    """The whole section. What a channel costs and yields stands at the channel itself."""

    time_zone: TimeZone = Field("UTC", description="IANA zone in which the company's days begin.")
    currency: str = Field("EUR", pattern="^[A-Z]{3}$", description="Of every cost and yield (ISO 4217).")
    answer_seconds: int = Field(
        20, ge=0, le=31_622_400, description="Seconds to the answer in channels that say nothing else."
    )
    repeat_days: int = Field(
        7, ge=1, le=90, description="A contact on the same topic within so many days repeats the one before."
    )

    @model_validator(mode="before")
    @classmethod
    def _moved(cls, given: object) -> object:
        if isinstance(given, Mapping) and "channels" in given:
            hint = {
                "allowed": "`answer_seconds`, `cost` and `yield` under contact.channels.NAME; "
                "what a lead costs that goes out stands under channels.NAME"
            }
            raise PydanticCustomError("moved", "no longer has `channels`: each channel has its own price", hint)
        return given


DEFAULT_STEERING: Final = SteeringRules()
"""The rules of a company that says nothing."""
