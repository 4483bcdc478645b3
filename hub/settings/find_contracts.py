"""The contract of each (system, entity): the one named under the system, else the one its mapping brings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from hub.errors import Finding, Misconfigured
from hub.mapping.contract.compile import compile_contract, load_contract
from hub.mapping.contract.contract import Contract
from hub.records.identity import Entity, SystemName
from hub.settings.find_mappings import Found
from hub.yaml.nodes import Node


def with_contracts(folder: Path, systems: Mapping[str, Node], mappings: Found, findings: list[Finding]) -> Found:
    """`mappings` with the contracts that hub.yaml names; what is wrong with them is added to `findings`."""
    found = dict(mappings)
    for system, entity, node in _named(systems):
        place = f"systems.{system}.contracts.{entity.value}"
        contract = _contract(folder, place, node, findings)
        mapping = found.get((system, entity))
        if mapping is None:
            message = f"{place}: nothing of this entity is taken from {system}"
            findings.append(node.finding(message, "remove it, or write a flow that carries it"))
        elif contract is not None:
            found[system, entity] = replace(mapping, contract=contract)
    return found


def _named(systems: Mapping[str, Node]) -> Iterator[tuple[SystemName, Entity, Node]]:
    known = {entity.value: entity for entity in Entity}
    for name, system in systems.items():
        for entity, node in system.entries_of("contracts").items():
            if entity in known:  # any other is told by the validation of the whole file
                yield SystemName(name), known[entity], node


def _contract(folder: Path, place: str, node: Node, findings: list[Finding]) -> Contract | None:
    try:
        if node.entries:
            return compile_contract(node, place)
        if node.text is None:
            findings.append(node.finding(f"{place} is no contract", "write a path or the contract itself"))
            return None
        path = folder / node.text
        if not path.is_file():
            findings.append(
                node.finding(f"there is no contract file {path}", "paths count from the folder of hub.yaml")
            )
            return None
        return load_contract(path)
    except Misconfigured as error:
        findings += error.findings
        return None
