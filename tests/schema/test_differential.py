"""Any document that can be made up from the schema, answered both ways: the answers are the same."""

from __future__ import annotations

import gc
import os
from collections import Counter
from pathlib import Path
from typing import Final

import pytest
from graphql import (
    FieldNode,
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    OperationDefinitionNode,
    get_named_type,
    parse,
)

from hub.access.principal import Role
from hub.store.engine import Database
from schema.reads import READS
from schema.schema import build_schema
from tests.schema.both_ways import both_ways
from tests.schema.company import add_alias, uid
from tests.schema.contact_life import add_life
from tests.schema.questions import ANNA, ASKED_BY, ROOTS, VALUES, drawn, filters_of
from tests.schema.steward_desk import add_desk

pytestmark = pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning")
"""graphql-core gives up what stands beside a root field that failed and may not be null."""

EXAMPLES: Final = int(os.environ.get("HUB_TEST_DIFFERENTIAL", "100"))
"""Of each part. Set it to thousands after a change of what is compiled."""

PARTS: Final = 4
"""Each with other documents."""

SHARED: Final = 20
"""Documents that all callers ask."""


def test_every_root_field_that_is_compiled_is_asked() -> None:
    kind = build_schema()._schema.query_type
    assert kind is not None
    compiled = {
        name for name, found in kind.fields.items() if READS in found.extensions["strawberry-definition"].metadata
    }
    assert compiled == set(ROOTS)


def test_every_argument_and_every_field_of_a_filter_may_be_asked() -> None:
    """Whatever is behind a root field that is compiled; what has no values here is never drawn."""
    schema = build_schema()._schema
    waiting = [field for name, field in _fields(schema.query_type) if name in ROOTS]
    seen, missing = set(), set()
    while waiting:
        field = waiting.pop()
        kind = get_named_type(field.type)
        for name, argument in field.args.items():
            if name not in VALUES:
                missing.add(f"{name} of what gives {kind.name}")
            missing |= {f"{kind.name}: {lacks}" for lacks in _never_given(name, argument, kind.name)}
        if kind.name not in seen:
            seen.add(kind.name)
            kinds = schema.get_possible_types(kind) if isinstance(kind, GraphQLInterfaceType) else [kind]
            waiting += [inner for each in kinds for _, inner in _fields(each)]
    assert missing == NOT_COMPILED


NOT_COMPILED: Final = frozenset({"purpose of what gives ConsentStanding", "language of what gives String"})
"""`Customer.consent` and `BusinessDialog.content`, which resolvers answer."""


def _fields(kind: object) -> list[tuple[str, GraphQLField]]:
    return list(kind.fields.items()) if isinstance(kind, GraphQLObjectType) else []


def _never_given(name: str, argument: GraphQLArgument, returned: str) -> set[str]:
    kind = get_named_type(argument.type)
    if not isinstance(kind, GraphQLInputObjectType):
        return set()
    given = {key for value in VALUES.get(name) or filters_of(returned) for key in value or ()}
    return {f"{kind.name}.{key}" for key in kind.fields if key not in given}


def test_every_argument_of_every_root_field_that_is_compiled_is_drawn() -> None:
    query = build_schema()._schema.query_type
    documents = (parse(question.document) for part in range(PARTS) for question in drawn(100, part))
    definitions = (each for document in documents for each in document.definitions)
    operations = (each for each in definitions if isinstance(each, OperationDefinitionNode))
    roots = (node for each in operations for node in each.selection_set.selections if isinstance(node, FieldNode))
    asked = {(node.name.value, argument.name.value) for node in roots for argument in node.arguments or ()}
    every = {(name, argument) for name, field in _fields(query) if name in ROOTS for argument in field.args}
    assert every - asked == set()


async def _compare(database: Database, database_url: str, folder: Path, part: int) -> Counter[str]:
    async with database.transaction() as connection:
        await add_alias(connection, uid("former"), ANNA)
        await add_life(connection)
        await add_desk(connection)
    ways: Counter[str] = Counter()
    async with both_ways(database_url, folder) as both:
        for question in drawn(EXAMPLES, part):
            compiled, resolved, told = await both.ask(
                question.document,
                question.variables,
                role=question.role,
                customer=question.customer,
                scopes=question.scopes,
            )
            assert compiled == resolved, question
            ways.update(told.values())
    gc.collect()
    return ways


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
async def test_made_up_documents_are_answered_alike(
    company: Database, database_url: str, tmp_path: Path, part: int
) -> None:
    ways = await _compare(company, database_url, tmp_path, part)
    assert ways["compiled"] > EXAMPLES / 10, ways


@pytest.mark.slow
async def test_nobody_is_answered_with_what_was_made_for_another(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    """Every caller asks each of the documents twice in turn, of one process that keeps plans and answers."""
    callers = sorted(set(ASKED_BY), key=str)
    async with both_ways(database_url, tmp_path) as both:
        for question in drawn(SHARED, PARTS):
            for role, customer in callers * 2:
                compiled, resolved, _ = await both.ask(
                    question.document, question.variables, role=role, customer=customer
                )
                assert compiled == resolved, (role, customer, question)
    gc.collect()


def test_all_who_can_ask_do() -> None:
    asked = [question for part in range(PARTS) for question in drawn(100, part)]
    assert {question.role for question in asked} == {*Role, None}
    assert {question.role for question in asked if question.scopes} == set(Role)
