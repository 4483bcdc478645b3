"""Learn a draft of a contract from objects as they are: what a person then reads, corrects and agrees to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from hub.errors import Invalid
from hub.mapping.contract.document import ContractType
from hub.mapping.contract.paths import EACH, HIDDEN, shown_name, written_path
from hub.mapping.contract.shape import kind_of
from hub.mapping.values import is_code
from hub.records.drift import DriftPolicy

NAMES_MAX: Final = 200
"""An object with more different fields than this has data for keys."""

VALUES_MAX: Final = 12
SEEN_PER_VALUE: Final = 5
"""A text counts as a choice when it has few values, all of them codes, each seen this often on average."""


@dataclass
class _Seen:
    """Everything met at one place."""

    times: int = 0
    objects: int = 0
    elements: int = 0
    kinds: set[ContractType] = field(default_factory=set)
    texts: Counter[str] = field(default_factory=Counter)
    choice: bool = True
    fields: dict[str, _Seen] = field(default_factory=dict)
    element: _Seen | None = None
    keyed_by_data: bool = False

    def meet(self, value: object) -> None:
        if value is None:
            return
        self.times += 1
        kind = kind_of(value)
        self.kinds.add(ContractType.ANY if kind is None else kind)
        if isinstance(value, str):
            self._text(value)
        elif isinstance(value, Mapping):
            self._object(value)
        elif isinstance(value, Sequence):
            self.element = self.element or _Seen()
            for element in value:
                self.elements += 1
                self.element.meet(element)

    def _text(self, value: str) -> None:
        self.choice = self.choice and is_code(value)
        if self.choice:
            self.texts[value] += 1
            self.choice = len(self.texts) <= VALUES_MAX

    def _object(self, value: Mapping[str, object]) -> None:
        self.objects += 1
        for name, inner in value.items():
            self.keyed_by_data = self.keyed_by_data or shown_name(name) == HIDDEN or len(self.fields) > NAMES_MAX
            if self.keyed_by_data:
                self.fields.clear()
                return
            self.fields.setdefault(name, _Seen()).meet(inner)


def learned_contract(system: str, entity: str, bodies: Sequence[Mapping[str, object]]) -> str:
    """A contract that all `bodies` fit, as YAML: it lists codes that were seen and no other value.

    Invalid when there is nothing to learn from.
    """
    root = _Seen()
    for body in bodies:
        root.meet(body)
    fields = CommentedMap()
    for steps, agreed in _agreed(root, ()):
        fields[written_path(steps)] = agreed
    if not fields:
        raise Invalid(f"nothing can be learned from {len(bodies)} objects: they have no fields in common")
    document = CommentedMap([("version", 1), ("policy", DriftPolicy.EVOLVE.value), ("fields", fields)])
    document.yaml_set_start_comment(
        f"Draft of a contract for {entity} of {system}, learned from {len(bodies)} objects. Read it, correct it,\n"
        f"choose a policy, and name the file in hub.yaml under systems.{system}.contracts.{entity}."
    )
    text = StringIO()
    writer = YAML()
    writer.width = 160
    writer.dump(document, text)
    return text.getvalue()


def _agreed(seen: _Seen, steps: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    for name, inner in seen.fields.items():
        yield (*steps, name), _rule(inner, seen.objects)
        yield from _agreed(inner, (*steps, name))
    if seen.element is not None and seen.element.kinds:
        yield (*steps, EACH), _rule(seen.element, seen.elements)
        yield from _agreed(seen.element, (*steps, EACH))


def _rule(seen: _Seen, chances: int) -> object:
    kinds = set(seen.kinds)
    if ContractType.NUMBER in kinds:
        kinds.discard(ContractType.INT)
    types = sorted(kind.value for kind in kinds) or [ContractType.ANY.value]
    rule = CommentedMap(type=types[0] if len(types) == 1 else types)
    if seen.times == chances:
        rule["required"] = True
    if kinds == {ContractType.TEXT} and seen.choice and seen.times >= SEEN_PER_VALUE * len(seen.texts):
        rule["values"] = sorted(seen.texts)
    if seen.keyed_by_data:
        rule["open"] = True
    rule.fa.set_flow_style()
    return types[0] if len(rule) == 1 and len(types) == 1 else rule
