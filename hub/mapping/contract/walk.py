"""Walk over an object that does not fit: say what differs, and make the object without what is to be left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from hub.mapping.contract.document import ContractType
from hub.mapping.contract.paths import EACH, HIDDEN, shown_name, written_path
from hub.mapping.contract.shape import Shape, kind_of
from hub.mapping.values import is_code
from hub.records.drift import DriftKind, DriftPolicy

NEW_FIELDS_TOLD: Final = 20
"""More new fields than this in one object are keys that are data (ids, dates): they are told as one."""


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference; neither `path` nor `detail` holds personal data."""

    kind: DriftKind
    path: str
    policy: DriftPolicy
    detail: str


class _LeftOut:
    """What stands for a value that is left out."""


LEFT_OUT: Final = _LeftOut()


class Walk:
    """Over one object; `drifts` are what it met, each path and kind once."""

    def __init__(self, policies: Mapping[DriftKind, DriftPolicy]) -> None:
        self.drifts: dict[tuple[str, DriftKind], Drift] = {}
        self._policies = policies

    def taken(self, shape: Shape, value: object, steps: tuple[str, ...] = ()) -> object:
        """The value without what is left out; LEFT_OUT when that leaves nothing that fits."""
        if value is None:
            return self._met(DriftKind.MISSING_FIELD, steps, "it is null", value) if shape.required else None
        kind = kind_of(value)
        if not shape.takes(kind):
            agreed = " or ".join(sorted(shape.types))
            found = "something else" if kind is None else kind.value
            return self._met(DriftKind.CHANGED_TYPE, steps, f"{found} where {agreed} was agreed", value)
        if shape.values and value not in shape.values:
            shown = f"{value!r}" if isinstance(value, str) and is_code(value) else "a value"
            return self._met(DriftKind.UNKNOWN_VALUE, steps, f"{shown} that was not agreed", value)
        if shape.fields and isinstance(value, Mapping):
            return self._object(shape, value, steps)
        if shape.element is not None and kind is ContractType.LIST and isinstance(value, Sequence):
            taken = [self.taken(shape.element, element, (*steps, EACH)) for element in value]
            return [element for element in taken if element is not LEFT_OUT]
        return value

    def _object(self, shape: Shape, value: Mapping[str, object], steps: tuple[str, ...]) -> object:
        """Without a required field the object itself is left out, and so on outwards."""
        taken: dict[str, object] = {}
        lost = False
        for name, inner in value.items():
            child = shape.fields.get(name)
            result = inner if child is None else self.taken(child, inner, (*steps, name))
            if result is not LEFT_OUT:
                taken[name] = result
            elif child is not None and child.required:
                lost = True
        for name, child in shape.fields.items():
            if child.required and name not in value:
                met = self._met(DriftKind.MISSING_FIELD, (*steps, name), "it is absent", None)
                lost = lost or met is LEFT_OUT
        if shape.closed:
            self._new_fields(value, [name for name in value if name not in shape.fields], taken, steps)
        return LEFT_OUT if lost else taken

    def _new_fields(
        self, value: Mapping[str, object], names: Sequence[str], taken: dict[str, object], steps: tuple[str, ...]
    ) -> None:
        for name in names:
            shown = shown_name(name) if len(names) <= NEW_FIELDS_TOLD else HIDDEN
            kind = kind_of(value[name])
            found = "null" if value[name] is None else "something" if kind is None else kind.value
            if self._met(DriftKind.NEW_FIELD, (*steps, shown), f"{found} that was not agreed", value) is LEFT_OUT:
                del taken[name]

    def _met(self, kind: DriftKind, steps: tuple[str, ...], detail: str, value: object) -> object:
        path = written_path(steps).replace(f'"{HIDDEN}"', HIDDEN)
        policy = self._policies[kind]
        self.drifts.setdefault((path, kind), Drift(kind, path, policy, detail))
        return LEFT_OUT if policy is DriftPolicy.DISCARD_VALUE else value
