"""The mapping of each (system, entity) that a flow carries: hub.yaml's own, else the adapter's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeAlias

from hub.errors import Finding, Misconfigured
from hub.mapping.compile import compile_mapping, load_mapping
from hub.mapping.record import RecordMapping
from hub.records.identity import Entity, SystemName
from hub.settings.flows import HUB
from hub.settings.systems import AdapterSpec
from hub.yaml.nodes import Node

Found: TypeAlias = Mapping[tuple[SystemName, Entity], RecordMapping]

_ENTITIES: Final = {entity.value: entity for entity in Entity}


@dataclass
class MappingFinder:
    """Reads each file once, however many systems use it."""

    folder: Path
    adapters: Mapping[str, AdapterSpec]
    findings: list[Finding] = field(default_factory=list)
    _files: dict[Path, RecordMapping | None] = field(default_factory=dict)

    def find(self, systems: Mapping[str, Node], flows: Mapping[str, Node]) -> Found:
        """Every mapping that hub.yaml gives and every other one that a flow needs; the rest is in `findings`."""
        found: dict[tuple[SystemName, Entity], RecordMapping] = {}
        for name, system in systems.items():
            for entity, node in system.entries_of("mappings").items():
                if entity not in _ENTITIES:
                    continue  # told by the validation of the whole file
                mapping = self._own(f"systems.{name}.mappings.{entity}", entity, node)
                if mapping is not None:
                    found[SystemName(name), mapping.entity] = mapping
        for name, entity, needed_at in _carried(flows):
            if name in systems and entity.value not in systems[name].entries_of("mappings"):
                default = self._adapters(name, entity, systems[name], needed_at)
                if default is not None:
                    found[SystemName(name), entity] = default
        return found

    def _own(self, place: str, entity: str, node: Node) -> RecordMapping | None:
        if node.text is not None:
            path = self.folder / node.text
            if not path.is_file():
                hint = "paths count from the folder of hub.yaml"
                self.findings.append(node.finding(f"there is no mapping file {path}", hint))
                return None
            mapping = self._file(path)
        elif node.entries:
            mapping = self._compiled(node, place)
        else:
            self.findings.append(node.finding(f"{place} is no mapping", "write a path or the mapping itself"))
            return None
        if mapping is not None and mapping.entity != entity:
            message = f"{place} is a mapping of {mapping.entity.value}"
            self.findings.append(node.finding(message, f"its `entity:` must be {entity}"))
        return mapping

    def _adapters(self, name: str, entity: Entity, system: Node, needed_at: Node | None) -> RecordMapping | None:
        adapter_name = system.text_of("adapter") or ""
        adapter = self.adapters.get(adapter_name)
        if adapter is None:
            return None  # told where the adapter is named
        path = adapter.mappings / f"{entity.value}.yaml" if adapter.mappings else None
        if path is None or not path.is_file():
            if needed_at is None:
                return None
            message = f"adapter {adapter_name} brings no mapping for {entity.value}"
            hint = f"write one and name it under systems.{name}.mappings.{entity.value}"
            self.findings.append(needed_at.finding(message, hint))
            return None
        return self._file(path)

    def _file(self, path: Path) -> RecordMapping | None:
        if path not in self._files:
            self._files[path] = None
            try:
                self._files[path] = load_mapping(path)
            except Misconfigured as error:
                self.findings += error.findings
        return self._files[path]

    def _compiled(self, node: Node, place: str) -> RecordMapping | None:
        try:
            return compile_mapping(node, place)
        except Misconfigured as error:
            self.findings += error.findings
            return None


def _carried(flows: Mapping[str, Node]) -> Iterator[tuple[str, Entity, Node | None]]:
    """System and entity of each flow that runs, by each of its roads, and where it needs a mapping.

    What a target reads back is mapped too; one that only takes orders (a folder of files) does well without.
    """
    for flow in flows.values():
        entity = flow.child("entity")
        if entity is None or entity.text not in _ENTITIES or flow.nearest(["planned"]).value is True:
            continue
        for key in ("source", "target"):
            system = flow.text_of(key)
            if system is not None and system != HUB:
                yield system, _ENTITIES[entity.text], entity if key == "source" else None
        for lane in flow.items_of("lanes"):
            via = lane.text_of("via")
            if via is not None:
                yield via, _ENTITIES[entity.text], lane.nearest(["via"])
