"""Conditions of lists, each declared once: what it asks in SQL and how its value travels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar

from sqlalchemy import ColumnElement, literal
from sqlalchemy.types import TypeEngine

from hub.errors import Invalid

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ConditionsT = TypeVar("ConditionsT", bound="DataclassInstance")

TEXT_MAX: Final = 500
"""Characters of what a text is compared with: no name, address or campaign is longer."""


def _as_it_is(value: object) -> object:
    return value


@dataclass(frozen=True, slots=True)
class Condition:
    """`clause` compares with a value of type `kind`, which `value` makes of the caller's."""

    kind: TypeEngine[Any]
    clause: Callable[[ColumnElement[Any]], ColumnElement[bool]]
    value: Callable[[Any], object] = _as_it_is


@dataclass(frozen=True, slots=True)
class Known:
    """`clause` of a boolean or an enum's value, of which each has a statement of its own.

    So PostgreSQL sees the value when it plans, and walks another way to what is rare than to what is common.
    """

    clause: Callable[[Any], ColumnElement[bool]]


Declared: TypeAlias = Mapping[str, Condition | Known]
"""By the names of the fields of a class of conditions, in which None leaves a condition out."""


def where(declared: Declared, conditions: object) -> Iterator[ColumnElement[bool]]:
    """The clauses of what is asked."""
    checked = values(declared, conditions)
    for name, value in _given(declared, conditions):
        asked = declared[name]
        yield asked.clause(value if isinstance(asked, Known) else literal(checked[name], asked.kind))


def where_later(
    declared: Declared, conditions: object, slot: Callable[[str, TypeEngine[Any]], ColumnElement[Any]]
) -> Iterator[ColumnElement[bool]]:
    """The same clauses with the values still to be bound, under the conditions' names."""
    for name, value in _given(declared, conditions):
        asked = declared[name]
        yield asked.clause(value if isinstance(asked, Known) else slot(name, asked.kind))


def values(declared: Declared, conditions: object) -> Mapping[str, object]:
    """The values of what is asked, by name; raises Invalid for a text that is too long."""
    given = dict(_given(declared, conditions))
    if any(isinstance(value, str) and len(value) > TEXT_MAX for value in given.values()):
        raise Invalid(f"a text in a filter has at most {TEXT_MAX} characters", ("filter",))
    asked = {name: declared[name] for name in given}
    return {name: one.value(given[name]) for name, one in asked.items() if isinstance(one, Condition)}


def _given(declared: Declared, conditions: object) -> Iterator[tuple[str, Any]]:  # Any: each of its condition's type
    for name in declared:
        value = getattr(conditions, name)
        if value is not None:
            yield name, value


Kinds: TypeAlias = Mapping[str, TypeEngine[Any]]
"""Of what is compared with a value of the request: of an enum each value has a plan of its own."""


def placed(
    conditions: ConditionsT, kinds: Kinds, slot: Callable[[str, TypeEngine[Any]], ColumnElement[Any]]
) -> ConditionsT:
    """The conditions with places for those of the `kinds` that are given."""
    return replace(conditions, **{name: slot(name, kinds[name]) for name in given_of(conditions, kinds)})


def given_of(conditions: object, kinds: Kinds) -> Mapping[str, object]:
    """The values for these places."""
    return {name: value for name in kinds if (value := getattr(conditions, name)) is not None}


def beginning_with(prefix: str) -> str:
    """For LIKE with `/` as the escape character."""
    return prefix.replace("/", "//").replace("%", "/%").replace("_", "/_") + "%"
