"""Every document of the suite, and any that can be made up, answered both ways: the answers are the same."""

from __future__ import annotations

import ast
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from graphql import DocumentNode, GraphQLError, OperationDefinitionNode, OperationType, parse, print_ast, validate

from hub.access.principal import Role
from hub.store.engine import Database
from schema.reads import READS
from schema.schema import build_schema
from tests.schema.both_ways import both_ways
from tests.schema.company import add_alias, uid
from tests.schema.questions import ANNA, BYS, CUSTOMER_FILTERS, IDS, LEAD_FILTERS, ROOTS, VALUES, drawn

EXAMPLES: Final = int(os.environ.get("HUB_TEST_DIFFERENTIAL", "60"))
"""Set it to thousands after a change of what is compiled."""


def test_every_root_field_that_is_compiled_is_asked() -> None:
    kind = build_schema()._schema.query_type
    assert kind is not None
    compiled = {
        name for name, found in kind.fields.items() if READS in found.extensions["strawberry-definition"].metadata
    }
    assert compiled == set(ROOTS)


async def _compare(database: Database, database_url: str, folder: Path, examples: int) -> Counter[str]:
    async with database.transaction() as connection:
        await add_alias(connection, uid("former"), ANNA)
    ways: Counter[str] = Counter()
    async with both_ways(database_url, folder) as both:
        for question in drawn(examples):
            compiled, resolved, told = await both.ask(
                question.document, question.variables, role=question.role, customer=question.customer
            )
            assert compiled == resolved, (question.document, question.variables, question.role)
            ways.update(told.values())
    return ways


@pytest.mark.slow
async def test_made_up_documents_are_answered_alike(company: Database, database_url: str, tmp_path: Path) -> None:
    ways = await _compare(company, database_url, tmp_path, EXAMPLES)
    assert ways["compiled"] > EXAMPLES / 4, ways


def suite_documents() -> Iterator[DocumentNode]:
    """Every query that stands in the tests of the schema."""
    schema = build_schema()._schema
    for path in sorted(Path("tests/schema").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or "{" not in node.value:
                continue
            try:
                document = parse(node.value)
            except GraphQLError:
                continue
            first = document.definitions[0]
            query = isinstance(first, OperationDefinitionNode) and first.operation is OperationType.QUERY
            if query and not validate(schema, document):
                yield document


def variables_for(document: DocumentNode, turn: int) -> dict[str, Any]:
    """A value for every variable, by its type: another one each turn."""
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    by_type: dict[str, list[Any]] = {
        "ID": IDS,
        "CustomerBy": BYS,
        "CustomerFilter": CUSTOMER_FILTERS,
        "LeadFilter": LEAD_FILTERS,
        "CustomerOrder": VALUES["orderBy"],
        "Int": [1, 2, 50],
        "Boolean": [True, False],
        "[ID": VALUES["ids"],
    }
    found: dict[str, Any] = {}
    for place, variable in enumerate(operation.variable_definitions or ()):
        values = by_type.get(print_ast(variable.type).replace("!", "").rstrip("]"), [None])
        found[variable.variable.name.value] = values[(turn + place) % len(values)]
    return found


async def test_the_documents_of_the_suite_are_answered_alike(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    documents = list({print_ast(document): document for document in suite_documents()}.items())
    assert len(documents) > 40
    async with both_ways(database_url, tmp_path) as both:
        for text, document in documents:
            for turn, (role, customer) in enumerate(((Role.AGENT, None), (Role.CUSTOMER, ANNA))):
                variables = variables_for(document, turn)
                compiled, resolved, _ = await both.ask(text, variables, role=role, customer=customer)
                assert compiled == resolved, (text, variables, role)


@pytest.mark.slow
async def test_more_made_up_documents_are_answered_alike(company: Database, database_url: str, tmp_path: Path) -> None:
    ways = await _compare(company, database_url, tmp_path, 5 * EXAMPLES)
    assert ways["compiled"] > EXAMPLES, ways
