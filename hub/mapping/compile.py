"""From a document to a RecordMapping, with every mistake found on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

import orjson
from pydantic import ValidationError

from hub.errors import Finding, Misconfigured
from hub.mapping.blanks import HowBlank, how_blank
from hub.mapping.contract.compile import compile_contract
from hub.mapping.contract.contract import Contract
from hub.mapping.document import MappingDocument
from hub.mapping.record import ListReader, ObjectReader, Read, RecordMapping
from hub.mapping.rules import RuleCompiler
from hub.mapping.shape import RecordShape, shape_of
from hub.records.catalogue import RECORD_OF
from hub.records.customer import Canonical, CustomerRecord, FieldStamp, ForeignIdentifier
from hub.records.identity import Entity
from hub.yaml.nearest import choices
from hub.yaml.nodes import Node, read_yaml
from hub.yaml.validation import findings_of

# A customer has one number per system, so there the system is part of the child's identity.
_IDENTITY: Final[Mapping[type[Canonical], tuple[str, ...]]] = {
    ForeignIdentifier: ("system", "external_id"),
    FieldStamp: ("field",),
}


def load_mapping(path: Path) -> RecordMapping:
    """The mapping in a file. Raises Misconfigured as compile_mapping does, or when the file is not YAML."""
    node, duplicates = read_yaml(path)
    return compile_mapping(node, duplicates=duplicates)


def compile_mapping(node: Node, place: str = "", duplicates: Sequence[Finding] = ()) -> RecordMapping:
    """The mapping written at `node`; `place` is where that is, when it stands inside another document.

    Raises Misconfigured with all mistakes: those given in `duplicates`, shape, expressions, tables, fields that the
    record lacks or needs.
    """
    compiler = _Compiler(node)
    compiler.findings += duplicates
    try:
        MappingDocument.model_validate(node.plain())
    except ValidationError as error:
        compiler.findings += findings_of(error, node, MappingDocument, place)
    mapping = compiler.mapping()
    if mapping is None or compiler.findings:
        raise Misconfigured(sorted(compiler.findings, key=lambda finding: finding.line))
    return mapping


def _version(document: Node) -> str:
    """Comments, order of keys and layout do not make another version."""
    content = orjson.dumps(document.plain(), option=orjson.OPT_SORT_KEYS)
    return f"{document.nearest(['version']).value}+{hashlib.sha256(content).hexdigest()[:12]}"


class _Compiler:
    """Works on nodes, so that one rule that is wrong does not hide the mistakes of the others."""

    def __init__(self, node: Node) -> None:
        self.findings: list[Finding] = []
        self._root = node
        self._rules = RuleCompiler(node.entries_of("tables"), self.findings)

    def mapping(self) -> RecordMapping | None:
        """None when not even the entity is known."""
        entity = self._root.child("entity")
        if entity is None or entity.text not in {known.value for known in Entity}:
            return None
        shape = shape_of(RECORD_OF[Entity(entity.text)])
        fields = replace(self._object(self._root, shape, entity.text), blanks=self._blanks(shape))
        lists = list(self._lists(shape, entity.text))
        self.findings += self._rules.unused_tables()
        version = _version(self._root)
        return RecordMapping(Entity(entity.text), version, shape.model, fields, lists, self._contract())

    def _contract(self) -> Contract | None:
        node = self._root.child("contract")
        if node is None:
            return None
        try:
            return compile_contract(node, "contract")
        except Misconfigured as error:
            told = {str(finding) for finding in self.findings}
            self.findings += [finding for finding in error.findings if str(finding) not in told]
            return None

    def _object(self, node: Node, shape: RecordShape, name: str) -> ObjectReader:
        reads: list[tuple[str, Read]] = []
        rules = node.entries_of("fields")
        for field, rule in rules.items():
            if field in shape.lists:
                self.findings.append(rule.finding(f"{name}.{field} is a list", f"write it under `lists: {field}:`"))
            elif field not in shape.fields:
                message = f"{name} has no field {field!r}"
                self.findings.append(rule.finding(message, choices(field, shape.fields)))
            elif (read := self._rules.read(rule, shape.fields[field], f"{name}.{field}")) is not None:
                reads.append((field, read))
        missing = [field for field in shape.required if field not in rules]
        at = node.child("fields") or node
        for field in missing:
            self.findings.append(at.finding(f"{name} needs the field {field!r}", "give it a path or a value"))
        return ObjectReader(reads)

    def _blanks(self, shape: RecordShape) -> Mapping[str, Callable[[object], bool]]:
        """For customers, whose fields are chosen among sources: which objects say that there is none."""
        general = _said(self._root.child("says_none"))
        found: dict[str, Callable[[object], bool]] = {}
        for field, rule in self._root.entries_of("fields").items():
            own = rule.child("says_none")
            said = general if own is None else _said(own)
            if own is not None and not issubclass(shape.model, CustomerRecord):
                self.findings.append(
                    own.finding("only a customer's field says that there is none", "remove `says_none`")
                )
            path = rule.text if rule.text is not None else rule.text_of("path")
            if said and path is not None and field in shape.fields:
                found[field] = partial(_says_none, how_blank(path), said)
        if general and not issubclass(shape.model, CustomerRecord):
            self.findings.append(
                self._root.nearest(["says_none"]).finding("only customers say that there is none", "remove `says_none`")
            )
        return found

    def _lists(self, shape: RecordShape, name: str) -> Iterator[tuple[str, ListReader]]:
        for field, node in self._root.entries_of("lists").items():
            if field not in shape.lists:
                self.findings.append(node.finding(f"{name} has no list {field!r}", choices(field, shape.lists)))
                continue
            child = shape.lists[field]
            element = self._object(node, child, f"{name}.{field}")
            select = self._rules.expression(node.child("from"))
            where = self._rules.expression(node.child("where"))
            if select is not None:
                identity = _IDENTITY.get(child.model, ("external_id",))
                yield field, ListReader(child.model, select, where, element, identity)


def _said(node: Node | None) -> frozenset[str]:
    return frozenset() if node is None else frozenset(str(item.plain()) for item in node.items)


def _says_none(how: HowBlank | None, said: Collection[str], body: object) -> bool:
    return how is not None and how(body).value in said
