"""What is tried in a preview: survivorship, a mapping, or matching."""

from __future__ import annotations

from typing import Final

import strawberry

from schema.types.enums import SurvivorshipRule

DOCUMENT_MAX: Final = 100_000


@strawberry.input(description="How one golden field would be chosen.")
class FieldRuleInput:
    """As under `survivorship.fields` of hub.yaml."""

    field: str = strawberry.field(description="A field of Customer, or contactMedia or addresses.")
    rule: SurvivorshipRule = strawberry.field(description="PREFER_UNLESS_BLANK, ALWAYS, MOST_RECENT or OLDEST.")
    sources: list[str] | None = strawberry.field(
        default=None, description="Systems in order of trust; left out: the general order."
    )


@strawberry.input(description="A mapping that is tried on the stored history, or on what its system holds now.")
class MappingChangeInput:
    """As in a mapping file."""

    system: str = strawberry.field(description="Name of the system.")
    document: str = strawberry.field(description=f"The mapping as YAML, at most {DOCUMENT_MAX} characters.")
    read_source: bool = strawberry.field(
        default=False,
        description="Instead of the originals of all stored versions, read what the system holds now, within the "
        "limits of calls to it.",
    )


@strawberry.input(description="The matching that is tried; what is left out stays as it is.")
class MatchingChangeInput:
    """As under `recognition` of hub.yaml."""

    match: float | None = strawberry.field(
        default=None, description="From this probability on two records are taken for one person: above 0.5, below 1."
    )
    merge: bool | None = strawberry.field(default=None, description="Whether a match becomes one customer by itself.")
    weights: int | None = strawberry.field(
        default=None, description="A version of the learned weights; left out: the one that decides now."
    )


@strawberry.input(
    description="What is tried, one kind at a time: survivorship (`rule`, `sources`, `fields`; the rest stays), "
    "a mapping, or matching."
)
class RuleChangeInput:
    """As in hub.yaml."""

    rule: SurvivorshipRule | None = strawberry.field(default=None, description="The rule of fields without their own.")
    sources: list[str] | None = strawberry.field(default=None, description="The general order of trust.")
    fields: list[FieldRuleInput] = strawberry.field(
        default_factory=list, description="Fields with a rule of their own."
    )
    mapping: MappingChangeInput | None = strawberry.field(default=None, description="Another mapping.")
    matching: MatchingChangeInput | None = strawberry.field(default=None, description="Other matching.")
