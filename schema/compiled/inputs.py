"""Values of variables made into the objects that resolvers take, by functions that are found once per type.

Only what is plainly right is made: for everything else `Unusual` is raised, and the ordinary way says what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING
from enum import Enum
from typing import Any, Final, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLLeafType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLString,
    Undefined,
)
from graphql.utilities.coerce_input_value import coerce_default_value
from strawberry.relay import GlobalID
from strawberry.relay.types import GlobalIDValueError
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryMaybe, StrawberryObjectDefinition, StrawberryOptional, StrawberryType
from strawberry.types.field import StrawberryField
from strawberry.types.lazy_type import LazyType

Make: TypeAlias = Callable[[Any], Any]  # Any: JSON, and whatever a resolver takes

_OMITTED: Final = object()
"""The field is left to the class that is made."""

_REQUIRED: Final = object()
UNCHANGING: Final = (str, int, float, bool, Enum, type(None))


class Unusual(Exception):
    """A value, or a type, that is judged in the ordinary way."""


def maker(kind: GraphQLInputType, meant: StrawberryType | type) -> Make:
    """What makes a value of JSON into one of `meant`, as graphql-core and strawberry do after each other.

    Raises Unusual for a type that has more to it than fields.
    """
    if isinstance(kind, GraphQLNonNull):
        inner = maker(kind.of_type, meant)

        def required(value: Any) -> Any:
            if value is None:
                raise Unusual
            return inner(value)

        return required
    plain = _plain(meant)
    if isinstance(kind, GraphQLList):
        return _nullable(_list(maker(kind.of_type, getattr(plain, "of_type", plain))))
    if isinstance(kind, GraphQLInputObjectType):
        return _nullable(_object(kind))
    return _nullable(_leaf(kind, plain))


def _plain(meant: StrawberryType | type) -> StrawberryType | type:
    """Without what says that it may be null or is named elsewhere."""
    if isinstance(meant, StrawberryMaybe):
        raise Unusual
    if isinstance(meant, StrawberryOptional):
        return _plain(meant.of_type)
    return _plain(meant.resolve_type()) if isinstance(meant, LazyType) else meant


def _nullable(make: Make) -> Make:
    return lambda value: None if value is None else make(value)


def _list(make: Make) -> Make:
    def listed(value: Any) -> list[Any]:
        if type(value) is not list:  # one value alone stands for a list of it
            raise Unusual
        return [make(each) for each in value]

    return listed


def _leaf(kind: GraphQLLeafType, meant: StrawberryType | type) -> Make:
    if meant is GlobalID:
        return _global_id
    if kind is GraphQLString:
        return _text
    if isinstance(kind, GraphQLEnumType):
        members = {name: kind.coerce_input_value(name) for name in kind.values}

        def member(value: Any) -> Any:
            if type(value) is not str or value not in members:
                raise Unusual
            return members[value]

        return member

    def scalar(value: Any) -> Any:
        try:
            made: Any = kind.coerce_input_value(value)
        except Exception:  # noqa: BLE001  whatever it is, the ordinary way meets it again
            raise Unusual from None
        if made is Undefined:
            raise Unusual
        return made

    return scalar


def _text(value: Any) -> Any:
    if type(value) is not str:
        raise Unusual
    return value


def _global_id(value: Any) -> GlobalID:
    try:
        return GlobalID.from_id(_text(value))
    except GlobalIDValueError:  # told in the ordinary way
        raise Unusual from None


def _object(kind: GraphQLInputObjectType) -> Make:
    definition: object = kind.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(definition, StrawberryObjectDefinition) or definition.from_input is not None:
        raise Unusual
    if definition.is_one_of or kind.is_one_of or kind.out_type is not GraphQLInputObjectType.out_type:
        raise Unusual  # there is a rule about its fields together
    fields = tuple(_field(name, field, definition) for name, field in kind.fields.items())
    names, made = frozenset(kind.fields), definition.origin

    def of_json(value: Any) -> Any:
        if type(value) is not dict or not names.issuperset(value):
            raise Unusual
        given: dict[str, Any] = {}
        for name, attribute, make, absent in fields:
            if name in value:
                given[attribute] = make(value[name])
            elif absent is _REQUIRED:
                raise Unusual
            elif absent is not _OMITTED:
                given[attribute] = absent.copy() if type(absent) is list else absent
        return made(**given)

    return of_json


def _field(name: str, field: GraphQLInputField, owner: StrawberryObjectDefinition) -> tuple[str, str, Make, object]:
    """Its name, its attribute, what makes its value, and its value where none is given."""
    known: object = field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
    if not isinstance(known, StrawberryField) or field.out_name is not None:
        raise Unusual
    make = maker(field.type, known.resolve_type(type_definition=owner))
    return name, known.python_name, make, _absent(field, known)


def _absent(field: GraphQLInputField, known: StrawberryField) -> object:
    default = coerce_default_value(field)
    if default is not Undefined:
        for each in default if isinstance(default, list) else [default]:
            if not isinstance(each, UNCHANGING):
                raise Unusual
        return default
    if isinstance(field.type, GraphQLNonNull):
        return _REQUIRED
    return None if known.default_value is MISSING and known.default_factory is MISSING else _OMITTED
