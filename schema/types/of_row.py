"""How a type is made of a row: one rule for the objects that resolvers make and for the statements that make none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from enum import Enum
from typing import Any, ClassVar, Final, Self

from strawberry.relay import GlobalID
from strawberry.types.base import StrawberryOptional, StrawberryType
from strawberry.types.enum import StrawberryEnumDefinition
from strawberry.types.field import StrawberryField

Reader = Callable[[object], object]

SAID_BY: Final = {"source": "system"}
"""In the API a system that says something is its source."""


def identity_of(type_name: str) -> Callable[[object], GlobalID]:
    """What makes the global id of a row's own: of a type that is no Node, whose objects are only named."""
    return lambda key: GlobalID(type_name, str(key))


class OfRow:
    """A type whose plain fields are a row's: under their own names, but for those that `named` has another for.

    `made` has functions for fields that are objects, made of what the row keeps for them.
    """

    named: ClassVar[Mapping[str, str]] = SAID_BY
    made: ClassVar[Mapping[str, Callable[[Any], object]]] = {}

    @classmethod
    def of(cls, row: object) -> Self:
        """The type from its row; ValueError for a value that its enum does not have."""
        return cls(**{name: read(row) for name, read in _readers(cls)})


_READERS: Final[dict[type[OfRow], tuple[tuple[str, Reader], ...]]] = {}


def _readers(kind: type[OfRow]) -> tuple[tuple[str, Reader], ...]:
    """Worked out once per type: not before its first object, when strawberry knows the types of all fields."""
    if kind not in _READERS:
        plain = [field for field in fields(kind) if field.init]  # type: ignore[arg-type]  # strawberry's dataclasses
        named = ((field, kind.named.get(field.name, field.name)) for field in plain)
        _READERS[kind] = tuple(
            (field.name, _reader(column, kind.made.get(field.name) or enum_of(field))) for field, column in named
        )
    return _READERS[kind]


def _reader(column: str, made: Callable[[Any], object] | None) -> Reader:
    def read(row: object) -> object:
        value: object = getattr(row, column)
        return value if made is None or value is None else made(value)

    return read


def enum_of(field: object) -> type[Enum] | None:
    """The enum of a strawberry field, None where it has another type."""
    kind: StrawberryType | type | None = field.type if isinstance(field, StrawberryField) else None
    while isinstance(kind, StrawberryOptional):
        kind = kind.of_type
    wrapped = kind.wrapped_cls if isinstance(kind, StrawberryEnumDefinition) else None
    return wrapped if isinstance(wrapped, type) and issubclass(wrapped, Enum) else None
