"""What operations cost is declared in the schema, computed before they are executed and limited by role."""

from __future__ import annotations

import asyncio
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from graphql import parse, print_ast

from hub.access.principal import Role
from hub.entrypoints.asgi.services import NO_LIMITS
from hub.settings.callers import DEFAULT_CALLERS
from hub.store.engine import Database
from schema.compiled.documents import Document
from schema.compiled.reading import Reading
from schema.cost import LIST_ASSUMED, MUTATION_WEIGHT, PAGE_ASSUMED
from schema.schema import build_schema
from schema.sdl import export_sdl
from tests.schema.following import acknowledged
from tests.schema.serving import Api, listening_api, serving

SCHEMA = build_schema()


def cost(document: str, variables: dict[str, Any] | None = None, name: str | None = None) -> int:
    return Document(Reading(parse(document))).cost(SCHEMA.documents.costs, name, variables or {})


PAGE = "query($n: Int) { customers(first: $n) { totalCount edges { cursor node { id name } } } }"
NESTED = "{ customers(first: 10) { edges { node { orders(first: 4) { edges { node { number } } } } } } }"

COSTS = [
    ("{ viewer { subject scopes } }", {}, 1),
    ("{ __schema { types { name } } }", {}, 0),
    ("{ a: viewer { subject } b: viewer { subject } }", {}, 2),
    (PAGE, {}, 1 + PAGE_ASSUMED * 2),
    (PAGE, {"n": 50}, 1 + 50 * 2),
    (PAGE, {"n": None}, 1 + PAGE_ASSUMED * 2),
    (PAGE, {"n": "many"}, 1 + PAGE_ASSUMED * 2),
    (PAGE.replace("$n: Int", "$n: Int = 7"), {}, 1 + 7 * 2),
    (PAGE.replace("(first: $n)", "(last: 3)").replace("($n: Int)", ""), {}, 1 + 3 * 2),
    (NESTED, {}, 1 + 10 * (1 + 1 + (1 + 4 * 2))),
    ('{ nodes(ids: ["a", "b", "c"]) { id } }', {}, 3),
    ("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["a"] * 30}, 30),
    ('{ customer(by: {email: "a"}) { contactMedia { value } } }', {}, 1 + LIST_ASSUMED),
    ('mutation { runFlow(input: {flow: "x"}) { problems { code } } }', {}, MUTATION_WEIGHT + LIST_ASSUMED),
    ("{ customers(first: 5) { ...C } } fragment C on CustomerConnection { edges { node { name } } }", {}, 1 + 5 * 2),
    ("{ customers(first: 5) { ... on CustomerConnection { edges { node { name } } } } }", {}, 1 + 5 * 2),
]


@pytest.mark.parametrize(("document", "variables", "expected"), COSTS)
def test_an_operation_costs_what_its_fields_and_lists_come_to(
    document: str, variables: dict[str, Any], expected: int
) -> None:
    assert cost(document, variables) == expected
    assert cost(document, variables) == expected, "kept"


def test_what_a_document_costs_is_kept_by_sizes_and_not_by_what_was_sent() -> None:
    document = Document(Reading(parse('query($ids: [ID!]! = ["a", "b"]) { nodes(ids: $ids) { id } }')))
    asked: list[dict[str, Any]] = [{"ids": [f"{n}" * 10_000] * 3} for n in range(100)]
    tracemalloc.start()
    found = {document.cost(SCHEMA.documents.costs, None, each) for each in asked}
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert found == {3}
    assert kept < 100_000
    others: list[dict[str, Any]] = [{}, {"ids": None}, {"ids": []}]
    assert [document.cost(SCHEMA.documents.costs, None, each) for each in others] == [2, LIST_ASSUMED, 0]


def test_of_several_operations_each_has_its_own_cost() -> None:
    both = "query A { viewer { subject } } query B { a: viewer { subject } b: viewer { subject } }"
    assert [cost(both, name=name) for name in ("A", "B", "A")] == [1, 2, 1]


def test_fragments_that_double_each_other_are_counted_at_once() -> None:
    spread = "\n".join(f"fragment F{n} on Viewer {{ ...F{n + 1} ...F{n + 1} }}" for n in range(60))
    document = f"{{ viewer {{ ...F0 }} }}\n{spread}\nfragment F60 on Viewer {{ customer {{ name }} }}"
    assert cost(document) == 1 + 2**60


def test_every_list_says_in_the_schema_how_long_it_is_taken_to_be() -> None:
    printed = export_sdl()
    assert "directive @cost(weight: String!) on FIELD_DEFINITION" in printed
    assert '@listSize(assumedSize: 20, slicingArguments: ["first", "last"], sizedFields: ["edges"])' in printed
    assert f'): RunFlowPayload! @cost(weight: "{MUTATION_WEIGHT}")' in printed
    lists = [line for line in print_ast(parse(printed)).splitlines() if ": [" in line and "]!" in line]
    assert sum("@listSize" in line for line in lists) > 50


def allowing(cost_: int) -> dict[str, Any]:
    return {"allowances": {**dict.fromkeys(Role, NO_LIMITS), Role.AGENT: replace(NO_LIMITS, cost=cost_)}}


@pytest.mark.parametrize("compiled", [True, False])
async def test_what_costs_more_than_the_role_allows_is_refused_before_it_begins(
    company: Database, database_url: str, tmp_path: Path, compiled: bool
) -> None:
    async with serving(database_url, tmp_path, compiled=compiled, **allowing(101)) as api:
        within, beyond = [await api.ask(PAGE, {"n": n}) for n in (50, 51)]
        assert (within.errors, len(within.data["customers"]["edges"])) == ([], 4)
        assert (beyond.data, beyond.codes) == (None, ["TOO_COSTLY"])
        assert "costs 103, and at most 101 are allowed" in beyond.errors[0]["message"]
        assert (await api.ask(PAGE, {"n": 50}, role=Role.STEWARD)).errors == []
        assert (await api.ask(PAGE, {"n": 51}, role=Role.STEWARD)).codes == ["INVALID"], "only its page is too long"


@pytest.mark.slow
async def test_it_is_refused_over_a_socket_too(company: Database, database_url: str, tmp_path: Path) -> None:
    async with (
        asyncio.timeout(60),
        listening_api(database_url, tmp_path, **allowing(101)) as (api, address),
        acknowledged(address, api.token(Role.AGENT)) as client,
    ):
        await client.subscribe(PAGE, {"n": 51})
        refused = await client.hear()
        assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == ("error", "TOO_COSTLY")


@pytest.mark.parametrize("document", [PAGE, "{ flows { name } }"], ids=["compiled", "resolved"])
async def test_extensions_tell_the_cost_where_they_may(
    company: Database, database_url: str, tmp_path: Path, document: str
) -> None:
    async with serving(database_url, tmp_path, tells_cost=True) as api:
        token = api.token(Role.STEWARD)
        told = (await api.post(document, {} if document is PAGE else None, token)).json()
        refused = (await api.post("{ nothing }", None, token)).json()
    assert told["extensions"]["cost"] == {"requested": cost(document), "allowed": NO_LIMITS.cost}
    assert "extensions" not in refused


async def test_elsewhere_nothing_is_told(api: Api) -> None:
    told = (await api.post(PAGE, {}, api.token(Role.AGENT))).json()
    assert set(told) == {"data"}


def test_the_documents_that_are_measured_are_within_what_a_customer_may_ask() -> None:
    most = DEFAULT_CALLERS.of("customer").cost
    assert most is not None
    for path in (Path(__file__).parents[2] / "benchmarks" / "graphql" / "documents").glob("*.graphql"):
        assert 0 < cost(path.read_text(encoding="utf-8"), {"first": 50}) <= most
