"""Whom the golden record believes, and how people are recognised."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from hub.records.enums import SurvivorshipRule
from hub.settings.flows import Cron
from hub.settings.written import Written
from hub.yaml.nearest import choices

CONFIGURABLE: Final = (
    SurvivorshipRule.PREFER_UNLESS_BLANK,
    SurvivorshipRule.ALWAYS,
    SurvivorshipRule.MOST_RECENT,
    SurvivorshipRule.OLDEST,
)


def _configurable(rule: object) -> object:
    # PINNED and FROZEN are about one customer, MOST_RESTRICTIVE what consent does when people are merged.
    if rule not in CONFIGURABLE:
        hint = {"rule": str(rule), "allowed": choices(str(rule), CONFIGURABLE)}
        raise PydanticCustomError("survivorship", "{rule} is not a rule for a field", hint)
    return rule


def _region(text: str) -> str:
    if not re.fullmatch("[A-Z]{2}", text):
        raise PydanticCustomError("region", "is not a region", {"allowed": "two capitals of ISO 3166-1, such as NL"})
    return text


class FieldTrust(Written):
    """How one golden field is chosen among the sources."""

    rule: Annotated[SurvivorshipRule, BeforeValidator(_configurable)] = Field(
        SurvivorshipRule.PREFER_UNLESS_BLANK, description="PREFER_UNLESS_BLANK, ALWAYS, MOST_RECENT or OLDEST."
    )
    sources: tuple[str, ...] = Field((), description="Order of trust for this field; empty: the general one.")


class FlipFlops(Written):
    """When a field is frozen because its sources overwrite each other by turns."""

    returns: int = Field(
        3, ge=2, le=20, description="How often a source came back to a value that it had left because of another."
    )
    within_h: float = Field(24, gt=0, le=24 * 92, description="Hours within which those returns are counted.")


class Survivorship(FieldTrust):
    """Which source's value survives in the golden record: the rule and order of every field without its own."""

    sources: tuple[str, ...] = Field(
        (), description="Systems in order of trust; those left out follow in the order of `systems:`."
    )
    fields: Mapping[str, FieldTrust] = Field({}, description="A field of the customer record: its own rule.")
    flip_flops: FlipFlops = Field(
        FlipFlops(), description="When a field that sources overwrite by turns is frozen until a steward thaws it."
    )


class Recognition(Written):
    """How records of the same person find each other."""

    region: Annotated[str, AfterValidator(_region)] = Field(
        "NL", description="ISO 3166-1 region of phone numbers written without a country."
    )
    match: float = Field(
        0.99, gt=0.5, lt=1, description="From this probability on two records are taken for the same person."
    )
    review: float = Field(
        0.05, gt=0, le=0.5, description="From this probability on a steward is asked whether they are."
    )
    merge: bool = Field(
        True, description="Whether a match becomes one customer by itself; false: a steward decides every one."
    )
    learn: Cron | None = Field(
        "23 3 * * 0",
        description="When weights are learned anew (UTC), once a person has begun with it; null: by hand alone.",
    )
    activate: bool = Field(
        False, description="Whether weights learned by schedule decide at once; false: they are proposed."
    )
