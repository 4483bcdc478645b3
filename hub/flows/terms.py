"""What it takes to take objects in, apart from the systems they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.customers.recognise import Rules
from hub.errors import NotFound
from hub.flows.apply import ApplyRules
from hub.mapping.record import RecordMapping
from hub.records.identity import Entity, SystemName
from hub.store.keys import KeyRing


@dataclass(frozen=True)
class Terms:
    """Mappings with their contracts, rules of recognition, keys: the same in every process of an installation."""

    mappings: Mapping[tuple[SystemName, Entity], RecordMapping]
    recognition: Rules
    keys: KeyRing

    def mapping(self, system: str, entity: Entity) -> RecordMapping:
        """How this system's objects become canonical records; NotFound when it has no mapping."""
        try:
            return self.mappings[(SystemName(system), entity)]
        except KeyError:
            raise NotFound(f"system {system} has no mapping for {entity.value}") from None

    def rules(self, mapping: RecordMapping) -> ApplyRules:
        """The rules under which a page with this mapping is applied."""
        return ApplyRules(self.recognition, self.keys, mapping.version, originals_of=mapping.originals_of)
