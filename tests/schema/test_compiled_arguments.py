"""Arguments of a field whose document is known are, request after request, what the framework makes of them."""

from __future__ import annotations

from typing import Any, Final

import pytest
from graphql import FieldNode, GraphQLError, OperationDefinitionNode, parse
from graphql.execution.values import VariableValues, get_argument_values, get_variable_values
from strawberry.types.arguments import convert_arguments

from schema.compiled.arguments import Asked, asked_of
from schema.schema import build_schema
from tests.schema.company import gid

SCHEMA: Final = build_schema()
QUERY: Final = SCHEMA._schema.query_type
ANNA, BEN = gid("Customer", 1), gid("Customer", 2)

CASES: Final[dict[str, list[dict[str, Any]]]] = {
    'query($after: String) { customers(first: 2, after: $after, filter: {system: "crm"}) { totalCount } }': [
        {"after": "a"},
        {"after": "b"},
        {"after": None},
        {},
        {"after": "c"},
    ],
    "query($by: CustomerOrder! = NAME, $n: Int = 3) { customers(orderBy: $by, first: $n) { totalCount } }": [
        {},
        {"by": "NEWEST_CHANGE"},
        {"n": None},
        {"n": 5, "by": "NAME"},
        {"by": None},
    ],
    """query($name: String, $deleted: Boolean) {
         customers(filter: {nameStartsWith: $name, deleted: $deleted}) { totalCount } }""": [
        {"name": "a"},
        {"name": "b", "deleted": None},
        {"name": None, "deleted": True},
        {},
    ],
    "query($filter: CustomerFilter) { customers(filter: $filter) { totalCount } }": [
        {"filter": {"system": "crm"}},
        {"filter": None},
        {"filter": {}},
        {},
    ],
    "query($id: ID!) { customer(by: {id: $id}) { name } }": [
        {"id": ANNA},
        {"id": BEN},
        {"id": "nonsense"},
        {"id": ANNA},
    ],
    "query($id: ID) { customer(by: {id: $id}) { name } }": [{"id": ANNA}, {"id": None}, {}, {"id": BEN}],
    "query($ids: [ID!]!) { nodes(ids: $ids) { id } }": [{"ids": [ANNA, BEN]}, {"ids": []}, {"ids": [BEN]}],
}


def made(asked: Asked, variables: VariableValues) -> object:
    try:
        return asked.arguments(variables)
    except (GraphQLError, ValueError, TypeError) as error:
        return type(error)


def ordinary(asked: Asked, variables: VariableValues) -> object:
    """As the framework makes them, all of them anew."""
    registry, config = SCHEMA.schema_converter.scalar_registry, SCHEMA.config
    try:
        given = get_argument_values(asked.definition, asked.node, variables)
        return convert_arguments(given, asked.field.arguments, registry, config)
    except (GraphQLError, ValueError, TypeError) as error:
        return type(error)


@pytest.mark.parametrize("document", CASES)
@pytest.mark.parametrize("turned", [False, True])
def test_each_request_has_its_own_values(document: str, turned: bool) -> None:
    (operation,) = parse(document).definitions
    assert isinstance(operation, OperationDefinitionNode)
    (node,) = operation.selection_set.selections
    assert isinstance(node, FieldNode)
    assert QUERY is not None
    asked = asked_of(SCHEMA, QUERY, node, "a1")
    differing = 0
    for given in reversed(CASES[document]) if turned else CASES[document]:
        variables = get_variable_values(SCHEMA._schema, operation.variable_definitions or (), given)
        if isinstance(variables, list):  # refused before any argument is looked at
            continue
        differing += 1
        assert made(asked, variables) == ordinary(asked, variables)
    assert differing >= 3
