"""A plan that was made in another process is the one that this process would have made."""

from __future__ import annotations

import orjson
import pytest
from graphql.execution.values import get_variable_values

from hub.access.principal import SCOPES_OF, Role, Scope
from schema.compiled.apart import Apart, unpacked_roots
from schema.compiled.documents import Document
from schema.compiled.plan import Root, plan
from schema.compiled.reading import Question, packed, unpacked
from schema.compiled.select import Operation
from schema.schema import build_schema
from tests.schema.questions import drawn
from tests.schema.serving import TERMS

SCHEMA = build_schema()


def scopes_of(role: Role | None, narrowed: frozenset[Scope]) -> frozenset[Scope]:
    return narrowed or (frozenset() if role is None else SCOPES_OF[role])


def told(root: Root) -> tuple[object, ...]:
    """All of it but functions, which are found by the fields that they belong to."""
    denied = [(each.place, each.missing, each.nodes, each.path, each.error.message) for each in root.denied]
    asked = [binding.asked for binding in root.bindings]
    written = root.statement, root.state, root.constant
    return root.key, root.name, root.nodes, root.nullable, root.why, *written, denied, asked


@pytest.mark.parametrize("part", range(2))
def test_plans_are_the_same_from_another_process(part: int) -> None:
    apart = Apart(SCHEMA, TERMS)
    compared = 0
    for question in drawn(60, part):
        reading = apart.read(question.document)
        document = Document(unpacked(packed(reading)))
        definition = document.operation(None)
        if reading.node is None or definition is None:
            continue
        coerced = get_variable_values(SCHEMA._schema, definition.variable_definitions or (), question.variables)
        if isinstance(coerced, list):
            continue
        scopes, alone = scopes_of(question.role, question.scopes), question.customer is not None
        operation = Operation(SCHEMA, document.fragments, definition, coerced, scopes)
        here = plan(operation, document.node, TERMS, alone=alone)
        name = None if definition.name is None else definition.name.value
        asked = Question(question.document, name, scopes, alone, None)
        there = unpacked_roots(apart.plan(asked, orjson.dumps(question.variables)), SCHEMA, document)
        assert [told(root) for root in there] == [told(root) for root in here.roots]
        own = {id(node) for node in document.fields}
        assert all(id(node) in own for root in there for node in root.nodes)
        compared += any(root.bindings for root in there)
    assert compared > 5


def test_a_plan_of_a_document_that_was_forgotten_meanwhile_is_made_as_well() -> None:
    text = "query Q($n: Int) { customers(first: $n) { edges { cursor node { name } } } }"
    question = Question(text, "Q", SCOPES_OF[Role.AGENT], False, None)
    known = Apart(SCHEMA, TERMS)
    document = Document(known.read(text))
    assert Apart(SCHEMA, TERMS).plan(question, b'{"n": 3}') == known.plan(question, b'{"n": 3}')
    (root,) = unpacked_roots(known.plan(question, b'{"n": 3}'), SCHEMA, document)
    assert [binding.asked.node for binding in root.bindings] == [root.nodes[0]]
