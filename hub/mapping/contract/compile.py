"""From a document to a Contract, with every mistake found on the way."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from pydantic import ValidationError

from hub.errors import Finding, Invalid, Misconfigured
from hub.mapping.contract.contract import Contract
from hub.mapping.contract.document import ContractDocument, ContractField, ContractType
from hub.mapping.contract.fits import compile_fits
from hub.mapping.contract.paths import EACH, parse_path
from hub.mapping.contract.shape import Shape
from hub.records.drift import DriftKind
from hub.yaml.nodes import Node, read_yaml
from hub.yaml.validation import findings_of


def load_contract(path: Path) -> Contract:
    """The contract in a file. Raises Misconfigured as compile_contract does, or when the file is not YAML."""
    node, duplicates = read_yaml(path)
    return compile_contract(node, duplicates=duplicates)


def compile_contract(node: Node, place: str = "", duplicates: Sequence[Finding] = ()) -> Contract:
    """The contract written at `node`; `place` is where that is, when it stands inside another document.

    Raises Misconfigured with all mistakes: those given, the shape, paths, fields inside what is no object.
    """
    findings = list(duplicates)
    try:
        document = ContractDocument.model_validate(node.plain())
    except ValidationError as error:
        raise Misconfigured([*findings, *findings_of(error, node, ContractDocument, place)]) from None
    root = _Place(ContractField(type=(ContractType.OBJECT,), required=True, open=document.open), node)
    for path, agreed in document.fields.items():
        _put(root, path, agreed, node.nearest(["fields", path]), findings)
    _check(root, "", findings)
    if findings:
        raise Misconfigured(sorted(findings, key=lambda finding: finding.line))
    shape = _shape(root)
    policies = {kind: document.policies.get(kind, document.policy) for kind in DriftKind}
    return Contract(_version(node, document), policies, shape, compile_fits(shape))


@dataclass
class _Place:
    """One step of a path; `agreed` None where only what is inside was written."""

    agreed: ContractField | None
    node: Node
    inside: dict[str, _Place] = field(default_factory=dict)


def _put(root: _Place, path: str, agreed: ContractField, node: Node, findings: list[Finding]) -> None:
    try:
        steps = parse_path(path)
    except Invalid as error:
        findings.append(node.finding(error.message, "write a.b for a field of a field, a[].b for one of each element"))
        return
    place = root
    for step in steps:
        place = place.inside.setdefault(step, _Place(None, node))
    if place.agreed is not None:
        findings.append(node.finding(f"{path} stands here twice", "keep one of them"))
    place.agreed, place.node = agreed, node


def _check(place: _Place, path: str, findings: list[Finding]) -> None:
    """What has something inside must be able to hold it."""
    for kind, held in ((ContractType.LIST, EACH in place.inside), (ContractType.OBJECT, bool(_names(place)))):
        if held and place.agreed is not None and not {kind, ContractType.ANY} & set(place.agreed.type):
            message = f"{path} is no {kind}, but something is written inside of it"
            findings.append(place.node.finding(message, f"add {kind} to its types"))
    for step, inner in place.inside.items():
        _check(inner, path + step if step == EACH else f"{path}.{step}".lstrip("."), findings)


def _names(place: _Place) -> list[str]:
    return [step for step in place.inside if step != EACH]


def _shape(place: _Place) -> Shape:
    element = place.inside.get(EACH)
    fields = {name: _shape(place.inside[name]) for name in _names(place)}
    inner = None if element is None else _shape(element)
    if place.agreed is None:
        types = {*([ContractType.OBJECT] if fields else []), *([ContractType.LIST] if inner else [])}
        return Shape(frozenset(types), fields=fields, element=inner)
    agreed = place.agreed
    return Shape(
        frozenset(agreed.type), agreed.required, frozenset(agreed.values), fields, element=inner, open=agreed.open
    )


def _version(node: Node, document: ContractDocument) -> str:
    content = orjson.dumps(node.plain(), option=orjson.OPT_SORT_KEYS)
    return f"{document.version}+{hashlib.sha256(content).hexdigest()[:12]}"
