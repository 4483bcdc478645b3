"""What is compiled makes of a client's JSON what graphql-core and strawberry make of it, or leaves it to them."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    Undefined,
)
from graphql.utilities import coerce_input_value
from hypothesis import given
from hypothesis import strategies as st
from strawberry.relay import GlobalID
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.arguments import StrawberryArgument, convert_arguments

from schema.compiled.inputs import Unusual, maker
from schema.schema import build_schema

SCHEMA = build_schema()
FIELDS = SCHEMA._schema.mutation_type.fields if SCHEMA._schema.mutation_type else {}

LEFT = {"splitCustomer"}
"""Its input is one of two: left to the framework."""

ODD: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 2**40),
    st.floats(),
    st.text(max_size=3),
    st.just([]),
    st.just({}),
    st.just(["a"]),
)
SCALARS: dict[str, st.SearchStrategy[Any]] = {
    "ID": st.sampled_from([str(GlobalID("Customer", "1")), "not base64", "Tm90aGluZw=="]),
    "Int": st.integers(-(2**31), 2**31 - 1),
    "Float": st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9),
    "Boolean": st.booleans(),
    "DateTime": st.sampled_from(["2026-03-02T12:00:00Z", "2026-03-02T12:00:00+01:00", "2026-03-02T12:00:00", "soon"]),
    "Date": st.sampled_from(["2026-03-02", "2026-02-30"]),
}


def values(kind: GraphQLInputType, odd: bool, null: bool = True) -> st.SearchStrategy[Any]:
    """JSON for a type; `odd` values now and then, anywhere."""
    if isinstance(kind, GraphQLNonNull):
        return values(kind.of_type, odd, null=odd)
    if isinstance(kind, GraphQLList):
        plain: st.SearchStrategy[Any] = st.lists(values(kind.of_type, odd), max_size=3)
    elif isinstance(kind, GraphQLInputObjectType):
        optional = {name: values(each.type, odd) for name, each in kind.fields.items()}
        required = [name for name, each in kind.fields.items() if isinstance(each.type, GraphQLNonNull) and not odd]
        always = {name: optional.pop(name) for name in required}
        plain = st.fixed_dictionaries(always, optional=optional | ({"nobody": ODD} if odd else {}))
    elif isinstance(kind, GraphQLEnumType):
        plain = st.sampled_from(sorted(kind.values))
    else:
        plain = SCALARS.get(kind.name, st.text(max_size=5))
    plain = st.one_of(plain, plain, plain, plain, ODD) if odd else plain
    return st.none() | plain if null else plain


def ordinary(argument: StrawberryArgument, kind: GraphQLInputType, value: object) -> object:
    """As the framework makes it; Undefined for what it refuses."""
    registry, config = SCHEMA.schema_converter.scalar_registry, SCHEMA.config
    try:
        coerced = coerce_input_value(value, kind)
        if coerced is Undefined:
            return Undefined
        return convert_arguments({"input": coerced}, [argument], registry, config)[argument.python_name]
    except Exception:  # noqa: BLE001  an id that is none, two of which one is allowed
        return Undefined


@pytest.mark.parametrize("odd", [False, True], ids=["plain", "odd"])
@given(data=st.data())
def test_it_makes_what_the_framework_makes_and_nothing_of_what_that_refuses(odd: bool, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(FIELDS)))
    field = FIELDS[name]
    kind = field.args["input"].type
    (argument,) = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].arguments
    value = data.draw(values(kind, odd))
    expected = ordinary(argument, kind, value)
    try:
        made = maker(kind, argument.type)(value)
    except Unusual:
        assert odd or expected is Undefined or name in LEFT
        return
    assert made == expected
    assert type(made) is type(expected)
