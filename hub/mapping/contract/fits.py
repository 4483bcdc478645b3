"""A contract compiled to closures that answer yes or no: nearly every object fits, and that is all it costs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, TypeAlias

from hub.mapping.contract.document import ContractType
from hub.mapping.contract.shape import PYTHON_TYPES, Shape

Fits: TypeAlias = Callable[[object], bool]

_NONE: Final = type(None)
_EVERY: Final = frozenset({_NONE}).union(*PYTHON_TYPES.values())


def compile_fits(shape: Shape) -> Fits:
    """True only for a value without drift. False may also mean an unusual class (a tuple): the walk decides then."""
    types = _types(shape)
    if not shape.values and not shape.fields and shape.element is None:
        return lambda value: type(value) in types
    if shape.values:
        return _one_of(types, shape.values)
    inside = _inside(shape)

    def fits(value: object) -> bool:
        kind = type(value)
        return kind in types and (kind not in inside or inside[kind](value))

    return fits


def _types(shape: Shape) -> frozenset[type]:
    known = (
        _EVERY
        if ContractType.ANY in shape.types
        else frozenset[type]().union(*(PYTHON_TYPES[kind] for kind in shape.types))
    )
    return known - {_NONE} if shape.required else known | {_NONE}


def _one_of(types: frozenset[type], values: frozenset[object]) -> Fits:
    return lambda value: type(value) in types and (value is None or value in values)


def _inside(shape: Shape) -> dict[type, Fits]:
    inside: dict[type, Fits] = {}
    if shape.fields:
        inside[dict] = _fields(shape)
    if shape.element is not None:
        inside[list] = _elements(compile_fits(shape.element))
    return inside


def _elements(element: Fits) -> Fits:
    def fits(value: Any) -> bool:  # Any: a list, by the type it is filed under
        return all(map(element, value))

    return fits


def _fields(shape: Shape) -> Fits:
    """Single values are checked in one loop without a call each, which is most of an object."""
    scalars, others = [], []
    for name, child in shape.fields.items():
        if child.values or child.fields or child.element is not None:
            others.append((name, compile_fits(child)))
        else:
            scalars.append((name, _types(child)))
    known = frozenset(shape.fields) if shape.closed else None

    def fits(value: Any) -> bool:  # Any: a dict, by the type it is filed under
        if known is not None and not known.issuperset(value):
            return False
        get = value.get
        for name, types in scalars:
            if type(get(name)) not in types:
                return False
        for name, check in others:  # noqa: SIM110 - a generator costs more than the checks
            if not check(get(name)):
                return False
        return True

    return fits
