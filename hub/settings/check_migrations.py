"""Rules of migrations against the records they speak of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from hub.errors import Finding
from hub.records.catalogue import RECORD_OF
from hub.records.customer import Canonical
from hub.records.identity import Entity
from hub.yaml.nearest import choices
from hub.yaml.nodes import Node

_ENTITIES: Final = {entity.value: entity for entity in Entity}


def check_migrations(migrations: Node | None, flows: Mapping[str, Node]) -> Iterator[Finding]:
    """Fields to leave out, and key fields, that no record (or not the flow's own) has."""
    if migrations is not None:
        yield from _fields("migrations", migrations, list(RECORD_OF.values()))
    for name, flow in flows.items():
        own, entity = flow.child("migration"), _ENTITIES.get(flow.text_of("entity") or "")
        if own is not None and entity is not None:
            yield from _fields(f"flows.{name}.migration", own, [RECORD_OF[entity]])


def _fields(place: str, rules: Node, records: Sequence[type[Canonical]]) -> Iterator[Finding]:
    known = sorted({field for record in records for field in record.model_fields})
    for key in ("ignore", "key_fields"):
        for node in rules.items_of(key):
            parts = (node.text or "").replace("/", ".").split(".")
            if parts[0] not in known:
                yield node.finding(f"{place}.{key}: no record has the field {parts[0]!r}", choices(parts[0], known))
            elif len(parts) > (2 if key == "ignore" else 1):
                hint = "a field, or list/field" if key == "ignore" else "a field"
                yield node.finding(f"{place}.{key}: {node.text!r} goes too deep", f"write {hint}")
