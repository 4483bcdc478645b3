"""Survivorship against the systems and the customer record it speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from hub.errors import Finding
from hub.records.customer import CustomerRecord
from hub.yaml.nearest import choices
from hub.yaml.nodes import Node

# Every system's own identifiers and relations stay: there is nothing to choose.
_STAY: Final = frozenset({"identifiers", "relations", "known_blank", "changed"})
_FIELDS: Final = [name for name in CustomerRecord.model_fields if name not in _STAY]


def check_survivorship(survivorship: Node, systems: Mapping[str, Node]) -> Iterator[Finding]:
    """Sources that are no systems or stand twice, and fields the customer record does not have."""
    yield from _sources(survivorship, systems)
    for name, field in survivorship.entries_of("fields").items():
        if name not in _FIELDS:
            yield field.finding(f"survivorship: a customer has no field {name!r}", choices(name, _FIELDS))
        yield from _sources(field, systems)


def _sources(holder: Node, systems: Mapping[str, Node]) -> Iterator[Finding]:
    seen: set[str] = set()
    for source in holder.items_of("sources"):
        if source.text is None:
            continue
        if source.text not in systems:
            yield source.finding(f"survivorship: no system {source.text!r}", choices(source.text, systems))
        if source.text in seen:
            yield source.finding(f"survivorship: {source.text!r} stands twice in one order", "keep the first")
        seen.add(source.text)
