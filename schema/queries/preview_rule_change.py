"""What other survivorship would change, before it is activated."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Final

import strawberry

from hub.customers.survive import FieldRule, Survivorship
from hub.errors import Invalid
from hub.records.customer import CustomerRecord
from hub.settings.trust import CONFIGURABLE
from hub.stewardship.rule_preview import Terms, preview_rules
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.types.enums import SurvivorshipRule
from schema.types.rule_preview import RulePreview
from schema.types.steward import in_column

CUSTOMERS_MAX: Final = 5_000
SAMPLES_MAX: Final = 100


@strawberry.input(description="How one golden field would be chosen.")
class FieldRuleInput:
    """As under `survivorship.fields` of hub.yaml."""

    field: str = strawberry.field(description="A field of Customer, or contactMedia or addresses.")
    rule: SurvivorshipRule = strawberry.field(description="PREFER_UNLESS_BLANK, ALWAYS, MOST_RECENT or OLDEST.")
    sources: list[str] | None = strawberry.field(
        default=None, description="Systems in order of trust; left out: the general order."
    )


@strawberry.input(description="The survivorship that is tried; what is left out stays as it is.")
class RuleChangeInput:
    """As under `survivorship` of hub.yaml."""

    rule: SurvivorshipRule | None = strawberry.field(default=None, description="The rule of fields without their own.")
    sources: list[str] | None = strawberry.field(default=None, description="The general order of trust.")
    fields: list[FieldRuleInput] = strawberry.field(
        default_factory=list, description="Fields with a rule of their own."
    )


Change = Annotated[RuleChangeInput, strawberry.argument(description="The rules that are tried.")]
Customers = Annotated[
    int, strawberry.argument(description=f"How many customers to look at, by id; at most {CUSTOMERS_MAX}.")
]
Samples = Annotated[int, strawberry.argument(description=f"How many changed fields to show; at most {SAMPLES_MAX}.")]


@strawberry.type
class PreviewRuleChangeQuery:
    """Mixed into Query."""

    @resolved(
        "What other survivorship would change: golden fields and values that would leave for systems, over every "
        "stored version, with samples. Changes nothing; hub.yaml activates rules. Mappings and recognition: "
        "`hub rules preview`, which also looks at all customers.",
        Requires(Scope.CUSTOMERS_STEWARD),
    )
    async def preview_rule_change(
        self, info: Info, change: Change, customers: Customers = 1_000, samples: Samples = 20
    ) -> RulePreview:
        """The samples go into the audit trail."""
        _within(customers, CUSTOMERS_MAX, "customers")
        _within(samples, SAMPLES_MAX, "samples")
        hub = info.context.hub
        after = replace(hub.rules, survivorship=_changed(hub.rules.survivorship, change))
        terms = Terms(hub.rules, after, hub.terms.keys, samples)
        found = await preview_rules(hub.database, terms, customers)
        info.context.shows(info, sorted({sample.customer_id for sample in found.samples}))
        return RulePreview.of(found)


def _within(asked: int, most: int, name: str) -> None:
    if not 0 < asked <= most:
        raise Invalid(f"{name} must be from 1 to {most}", (name,))


def _changed(held: Survivorship, change: RuleChangeInput) -> Survivorship:
    sources = (
        held.default.sources
        if change.sources is None
        else tuple(dict.fromkeys([*change.sources, *held.default.sources]))
    )
    default = FieldRule(_configurable(change.rule or held.default.rule), sources)
    fields = dict(held.fields)
    for one in change.fields:
        name = in_column(one.field)
        if name not in CustomerRecord.model_fields:
            raise Invalid(f"a customer has no field {one.field}", ("change", "fields"))
        order = tuple(dict.fromkeys([*(one.sources or ()), *sources]))
        fields[name] = FieldRule(_configurable(one.rule), order)
    return replace(held, default=default, fields=fields)


def _configurable(rule: SurvivorshipRule) -> SurvivorshipRule:
    if rule not in CONFIGURABLE:
        raise Invalid(f"{rule.value} is not a rule for a field", ("change",))
    return rule
