"""Try other rules: survivorship and a mapping on every stored version, matching on likenesses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from hub.customers.likeness.bands import Bands
from hub.customers.likeness.weights import active_weights
from hub.customers.survive import FieldRule, Survivorship
from hub.errors import Invalid, Misconfigured, NotFound
from hub.flows.mapping_preview import Differing, preview_mapping
from hub.mapping.compile import compile_mapping
from hub.mapping.record import RecordMapping
from hub.records.customer import CustomerRecord
from hub.settings.trust import CONFIGURABLE
from hub.stewardship.link_preview import Tried as TriedMatching
from hub.stewardship.link_preview import preview_matching
from hub.stewardship.mapping_history import Tried, preview_mapping_history
from hub.stewardship.rule_preview import RulePreview as Golden
from hub.stewardship.rule_preview import Terms, preview_records, preview_rules
from hub.yaml.nodes import parse_yaml
from schema.context import Hub
from schema.types.enums import SurvivorshipRule
from schema.types.rule_change import DOCUMENT_MAX, MappingChangeInput, MatchingChangeInput, RuleChangeInput
from schema.types.rule_preview import RulePreview
from schema.types.steward import in_column

FINDINGS_MAX: Final = 5


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many customers, objects or records are looked at, how many samples are kept, and whether time is left."""

    most: int
    samples: int
    go_on: Callable[[], bool]


async def preview_change(hub: Hub, change: RuleChangeInput, bounds: Bounds) -> tuple[RulePreview, Golden]:
    """For the schema, and as it was found. Invalid for rules that cannot be, or for several kinds at once."""
    is_survivorship = change.rule is not None or change.sources is not None or bool(change.fields)
    if sum((is_survivorship, change.mapping is not None, change.matching is not None)) > 1:
        raise Invalid("try survivorship, a mapping and matching one at a time", ("change",))
    if change.mapping is not None:
        return await _mapping(hub, change.mapping, bounds)
    if change.matching is not None:
        return await _matching(hub, change.matching, bounds)
    after = replace(hub.rules, survivorship=_changed(hub.rules.survivorship, change))
    terms = Terms(hub.rules, after, hub.terms.keys, bounds.samples)
    found = await preview_rules(hub.database, terms, bounds.most, go_on=bounds.go_on)
    return RulePreview.of(found), found


async def _mapping(hub: Hub, change: MappingChangeInput, bounds: Bounds) -> tuple[RulePreview, Golden]:
    tried = _compiled(change)
    both = Tried(change.system, hub.terms.mapping(change.system, tried.entity), tried)
    terms = Terms(hub.rules, hub.rules, hub.terms.keys, bounds.samples)
    if change.read_source:
        return await _read(hub, both, terms, bounds)
    mapped, golden = await preview_mapping_history(hub.database, terms, both, bounds.most, go_on=bounds.go_on)
    return RulePreview.of(golden, mapping=mapped), golden


async def _read(hub: Hub, tried: Tried, terms: Terms, bounds: Bounds) -> tuple[RulePreview, Golden]:
    golden = Golden()

    async def follow(differing: Differing) -> None:
        customers = {
            external_id: (before, after)
            for external_id, (before, after) in differing.items()
            if isinstance(before, CustomerRecord) and isinstance(after, CustomerRecord)
        }
        if customers:
            await preview_records(hub.database, terms, tried.system, customers, golden)

    found = await preview_mapping(
        hub.systems.port(tried.system),
        (tried.before, tried.after),
        bounds.samples,
        follow=follow,
        go_on=lambda done: done < bounds.most and bounds.go_on(),
    )
    golden.complete = found.complete
    return RulePreview.of(golden, mapping=found), golden


def _compiled(change: MappingChangeInput) -> RecordMapping:
    if not 0 < len(change.document) <= DOCUMENT_MAX:
        raise Invalid(f"a mapping has 1 to {DOCUMENT_MAX} characters", ("change", "mapping", "document"))
    try:
        node, duplicates = parse_yaml(change.document, "document")
        return compile_mapping(node, duplicates=duplicates)
    except Misconfigured as error:
        told = "; ".join(str(finding) for finding in error.findings[:FINDINGS_MAX])
        raise Invalid(told, ("change", "mapping", "document")) from None


async def _matching(hub: Hub, change: MatchingChangeInput, bounds: Bounds) -> tuple[RulePreview, Golden]:
    if change.match is not None and not 0.5 < change.match < 1:
        raise Invalid("match must be above 0.5 and below 1", ("change", "matching", "match"))
    held = hub.rules.bands
    bands = Bands(
        match=held.match if change.match is None else change.match,
        review=held.review,
        merges=held.merges if change.merge is None else change.merge,
    )
    terms = Terms(hub.rules, replace(hub.rules, bands=bands), hub.terms.keys, bounds.samples)
    tried = TriedMatching(await _weights(hub, change), bands.links_from)
    found = await preview_matching(hub.database, terms, tried, bounds.most, bounds.go_on, hub.clock())
    return RulePreview.of(found.golden, links=found.links), found.golden


async def _weights(hub: Hub, change: MatchingChangeInput) -> int:
    if change.weights is not None:
        return change.weights
    async with hub.database.reading() as connection:
        active = await active_weights(connection)
    if active is None:
        raise NotFound("no weights decide yet: begin with `hub recognition learn`")
    return active[0]


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
