"""Whom the golden record believes, and how people are recognised."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from hub.records.enums import SurvivorshipRule
from hub.settings.written import Written

_CONFIGURABLE: Final = (
    SurvivorshipRule.PREFER_UNLESS_BLANK,
    SurvivorshipRule.ALWAYS,
    SurvivorshipRule.MOST_RECENT,
    SurvivorshipRule.OLDEST,
)


def _configurable(rule: SurvivorshipRule) -> SurvivorshipRule:
    if rule not in _CONFIGURABLE:
        # PINNED is a person's decision about one customer, MOST_RESTRICTIVE what consent does when people are merged.
        hint = {"rule": rule.value, "allowed": f"allowed: {', '.join(_CONFIGURABLE)}"}
        raise PydanticCustomError("survivorship", "{rule} is not a rule for a field", hint)
    return rule


class FieldTrust(Written):
    """How one golden field is chosen among the sources."""

    rule: Annotated[SurvivorshipRule, AfterValidator(_configurable)] = Field(
        SurvivorshipRule.PREFER_UNLESS_BLANK, description="PREFER_UNLESS_BLANK, ALWAYS, MOST_RECENT or OLDEST."
    )
    sources: tuple[str, ...] = Field((), description="Order of trust for this field; empty: the general one.")


class Survivorship(Written):
    """Which source's value survives in the golden record."""

    sources: tuple[str, ...] = Field(
        (), description="Systems in order of trust; those left out follow in the order of `systems:`."
    )
    fields: Mapping[str, FieldTrust] = Field({}, description="A field of the customer record: its own rule.")


class Recognition(Written):
    """How records of the same person find each other."""

    region: str = Field(
        "NL", pattern="^[A-Z]{2}$", description="ISO 3166-1 region of phone numbers written without a country."
    )
