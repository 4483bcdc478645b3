"""Every document of the suite, its examples, benchmarks and docs, answered both ways: the answers are the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest
from graphql import DocumentNode, OperationDefinitionNode, OperationType, print_ast, validate

from hub.access.principal import Role
from hub.store.engine import Database
from schema.schema import build_schema
from tests.schema.both_ways import both_ways
from tests.schema.company import add_alias, uid
from tests.schema.every_document import Found, every_document
from tests.schema.questions import ANNA, BYS, CUSTOMER_FILTERS, IDS, LEAD_FILTERS, VALUES

pytestmark = pytest.mark.slow

NOT_OURS: Final = {
    "benchmarks/graphql/documents/postgraphile/page.graphql": "in the schema that PostGraphile makes of the tables",
    "benchmarks/graphql/documents/postgraphile/timeline.graphql": "the same",
    "benchmarks/graphql/documents/postgraphile/view.graphql": "the same",
    "tests/conformance/node/relay/View.js": "its directives are the Relay compiler's, which takes them out",
    "tests/mapping/test_record.py": "a value table that looks like a document",
}
"""What is not put to the hub, and why.

A mutation writes, so it cannot be put to one database twice:
tests/contacts/test_compiled_mutations.py has its two ways.
A subscription is answered in one way only.
"""

MEANT_TO_FAIL: Final = {
    "tests/contacts/test_compiled_mutations.py",
    "tests/conformance/node/gateway.mjs",
    "tests/explorer/test_explorer.py",
    "tests/hostile/documents.py",
    "tests/hostile/test_reading.py",
    "tests/schema/test_callers.py",
    "tests/schema/test_compiled_contacts.py",
    "tests/schema/test_cost.py",
    "tests/schema/test_execution.py",
    "tests/schema/test_http.py",
    "tests/schema/test_introspection.py",
    "tests/schema/test_negotiation.py",
    "tests/schema/test_plain_queries.py",
    "tests/schema/test_whole_answers.py",
}
"""Files with documents that do not fit the schema: that is what they test, or their fragments stand apart.
Both ways refuse them alike."""

BY_TYPE: Final[dict[str, list[Any]]] = {
    "ID": IDS,
    "[ID": VALUES["ids"],
    "CustomerBy": BYS,
    "CustomerFilter": CUSTOMER_FILTERS,
    "LeadFilter": LEAD_FILTERS,
    "CustomerOrder": VALUES["orderBy"],
    "Int": [2, 1, 50],
    "Boolean": [True, False],
    "String": ["web", "anna@example.nl", "06-12345678"],
}
"""The first of each is there, and answered."""


def variables_for(document: DocumentNode, turn: int) -> dict[str, Any]:
    """A value for every variable, by its type: the first at turn 0, then another one each turn."""
    operation = next(each for each in document.definitions if isinstance(each, OperationDefinitionNode))
    found: dict[str, Any] = {}
    for variable in operation.variable_definitions or ():
        values = BY_TYPE.get(print_ast(variable.type).replace("!", "").rstrip("]"), [None])
        found[variable.variable.name.value] = values[turn % len(values)]
    return found


@pytest.fixture(scope="module")
def documents() -> dict[str, Found]:
    """By its text."""
    return {print_ast(found.document): found for found in every_document() if found.file not in NOT_OURS}


@pytest.fixture(scope="module")
def queries(documents: dict[str, Found]) -> dict[str, Found]:
    """Of them what may be answered by a statement."""
    return {text: found for text, found in documents.items() if found.kind is OperationType.QUERY}


def test_documents_are_found_wherever_they_stand(queries: dict[str, Found]) -> None:
    places = {found.file for found in queries.values()}
    assert len(queries) > 190
    assert {"README.md", "docs/api.md", "benchmarks/graphql/documents/view.graphql"} <= places
    assert any(place.startswith("examples/frontend/") for place in places)
    assert all((Path(__file__).parents[2] / file).exists() for file in (*NOT_OURS, *MEANT_TO_FAIL))


def test_a_document_of_ours_fits_the_schema_unless_it_is_meant_to_fail(documents: dict[str, Found]) -> None:
    schema = build_schema()._schema
    misfits = {found.file for found in documents.values() if validate(schema, found.document)}
    assert misfits <= MEANT_TO_FAIL


async def test_the_documents_are_answered_alike(
    company: Database, database_url: str, tmp_path: Path, queries: dict[str, Found]
) -> None:
    async with company.transaction() as connection:
        await add_alias(connection, uid("former"), ANNA)
    compiled_roots = 0
    async with both_ways(database_url, tmp_path) as both:
        for number, (text, found) in enumerate(queries.items()):
            for role, customer, turn in ((Role.AGENT, None, 0), (Role.CUSTOMER, ANNA, number)):
                variables = variables_for(found.document, turn)
                compiled, resolved, ways = await both.ask(text, variables, role=role, customer=customer)
                assert compiled == resolved, (found.file, text, variables, role)
                assert not any("INTERNAL" in error for error in compiled.errors), (found.file, text, variables, role)
                compiled_roots += list(ways.values()).count("compiled")
    assert compiled_roots > 120
