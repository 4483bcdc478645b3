"""A contract as a tree, and JSON's types as Python has them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from hub.mapping.contract.document import ContractType

PYTHON_TYPES: Final[Mapping[ContractType, frozenset[type]]] = {
    ContractType.TEXT: frozenset({str}),
    ContractType.INT: frozenset({int}),
    ContractType.NUMBER: frozenset({int, float, Decimal}),
    ContractType.BOOL: frozenset({bool}),
    ContractType.LIST: frozenset({list}),
    ContractType.OBJECT: frozenset({dict}),
}


@dataclass(frozen=True)
class Shape:
    """What was agreed about one place; without `fields` or `element` nothing about what is inside.

    `values` empty means any. Null fits everything that is not `required`.
    """

    types: frozenset[ContractType]
    required: bool = False
    values: frozenset[object] = frozenset()
    fields: Mapping[str, Shape] = field(default_factory=dict)
    element: Shape | None = None
    open: bool = False

    @property
    def closed(self) -> bool:
        """True when a field that is not among `fields` is drift."""
        return bool(self.fields) and not self.open

    def takes(self, kind: ContractType | None) -> bool:
        """Whether a value of that type may stand here."""
        if ContractType.ANY in self.types or kind in self.types:
            return True
        return kind is ContractType.INT and ContractType.NUMBER in self.types


def kind_of(value: object) -> ContractType | None:
    """JSON's type of a value; None for what no JSON reader gives."""
    match value:
        case bool():
            return ContractType.BOOL
        case str():
            return ContractType.TEXT
        case int():
            return ContractType.INT
        case float() | Decimal():
            return ContractType.NUMBER
        case Mapping():
            return ContractType.OBJECT
        case Sequence():
            return ContractType.LIST
    return None
