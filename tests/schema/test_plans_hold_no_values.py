"""A plan is the same whatever is asked about: none of the values of who asked first stands in it."""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from typing import Any, Final
from uuid import UUID

import pytest
from graphql.execution.values import VariableValues, get_variable_values

from schema.compiled.documents import Document
from schema.compiled.plan import plan
from schema.compiled.select import Operation
from schema.compiled.shape import shape_of
from schema.schema import build_schema
from tests.schema.questions import Question, drawn
from tests.schema.serving import TERMS
from tests.schema.test_apart import scopes_of, told

SCHEMA: Final = build_schema()
NAME, TIME, ID = re.compile("[A-Z_]+"), re.compile(r"20\d\d-.*"), re.compile("[A-Za-z]+:(.+)")


def another(value: Any) -> Any:  # Any: JSON
    """A value of the same shape, and another one wherever it may be."""
    match value:
        case bool() | None:
            return value
        case int():
            return value + 1
        case str():
            return another_text(value)
        case list():
            return [another(each) for each in value]
        case dict():
            return {name: another(inner) for name, inner in value.items()}
    raise TypeError(type(value))


def another_text(text: str) -> str:
    if NAME.fullmatch(text):  # of an enum
        return text
    if TIME.fullmatch(text):
        return "2027-07-07T07:07:07Z"
    try:
        found = ID.fullmatch(b64decode(text, validate=True).decode())
    except ValueError:
        found = None
    if found is None:
        return f"other {text[::-1]}"
    try:
        key: object = UUID(int=UUID(found[1]).int ^ 1)
    except ValueError:
        key = f"other {found[1]}"
    return b64encode(f"{found[0].partition(':')[0]}:{key}".encode()).decode()


def planned(question: Question, document: Document, variables: VariableValues) -> list[tuple[object, ...]]:
    definition = document.operation(None)
    assert definition is not None
    scopes = scopes_of(question.role, question.scopes)
    operation = Operation(SCHEMA, document.fragments, definition, variables, scopes)
    made = plan(operation, document.node, TERMS, alone=question.customer is not None)
    return [told(root) for root in made.roots]


@pytest.mark.parametrize("part", range(4))
def test_values_of_one_shape_have_one_plan(part: int) -> None:
    types, compared = SCHEMA._schema.type_map, 0
    for question in drawn(60, part):
        document = Document(SCHEMA.documents.reading(question.document))
        definition = document.operation(None)
        if definition is None or not question.variables:
            continue
        declared = definition.variable_definitions or ()
        both = [question.variables, another(question.variables)]
        first, second = (get_variable_values(SCHEMA._schema, declared, given) for given in both)
        if isinstance(first, list) or isinstance(second, list):
            continue
        shapes = [[shape_of(value, types) for value in each.coerced.values()] for each in (first, second)]
        assert shapes[0] == shapes[1]
        assert planned(question, document, first) == planned(question, document, second), question
        compared += first.coerced != second.coerced
    assert compared > 20
