"""The shape of variables: all of them that decides how a statement looks, and none of what it is asked about."""

from __future__ import annotations

from collections.abc import Container, Hashable, Mapping, Sequence
from enum import Enum
from typing import Final

from strawberry.relay import GlobalID
from strawberry.relay.types import GlobalIDValueError

LONGEST_ID: Final = 300
"""Characters; a name of the configuration may be in one."""


def shape_of(value: object, types: Container[str]) -> Hashable:
    """Which fields are given and not null, booleans and enum values, and of an id which of the `types` it names."""
    match value:
        case None | bool() | Enum():
            return value
        case str():
            return _type_named(value, types)
        case Mapping():
            return tuple(sorted((name, shape_of(inner, types)) for name, inner in value.items()))
        case Sequence():
            return frozenset(shape_of(inner, types) for inner in value if not isinstance(inner, Enum))
    return type(value).__name__


def _type_named(text: str, types: Container[str]) -> str:
    """A text that is no id has no type; what looks like one by chance only has a plan of its own."""
    if len(text) > LONGEST_ID:
        return ""
    try:
        named = GlobalID.from_id(text).type_name
    except (GlobalIDValueError, UnicodeDecodeError):
        return ""
    return named if named in types else ""
