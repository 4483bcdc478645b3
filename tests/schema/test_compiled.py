"""What statements answer is what resolvers answer: data, order, nulls and errors."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.access.principal import Role
from hub.records.identity import CustomerId
from hub.store.engine import Database
from tests.schema.both_ways import Both, both_ways
from tests.schema.company import add_alias, gid, uid
from tests.schema.questions import ROOTS
from tests.schema.test_authorisation import ANSWERED, document_for, may
from tests.schema.test_customer import VIEW

ANNA = CustomerId(uid("Anna Bakker"))
COMPILED = "compiled"


@pytest.fixture
async def both(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Both]:
    """Both ways over the company."""
    async with both_ways(database_url, tmp_path) as both:
        yield both


async def test_the_whole_view_is_one_statement(both: Both) -> None:
    compiled, resolved, ways = await both.ask(VIEW, {"id": gid("Customer", ANNA)})
    assert ways == {"customer": COMPILED}
    assert compiled == resolved


FRAGMENTS = """
query Mixed($id: ID!, $few: Int = 1, $without: Boolean!, $with: Boolean = true) {
  first: customer(by: {id: $id}) { __typename ...Names mine: name ...Lists @skip(if: $without) }
  customer(by: {id: $id}) { ... on Node { id } orders(first: $few) { edges { node { ...Said } } } }
  customer(by: {id: $id}) { orders(first: $few) { edges { cursor } pageInfo { endCursor hasNextPage } } name }
}
fragment Names on Customer { name givenName @include(if: $with) contactMedia { ...Said value } }
fragment Lists on Customer { contactMedia { kind again: value } leads(last: 1) { pageInfo { hasPreviousPage } } }
fragment Said on Sourced { __typename source asOf ... on SalesOrder { lines { amount } } ... on Node { id } }
"""


@pytest.mark.parametrize("without", [True, False])
async def test_fragments_directives_and_merged_fields_select_the_same(both: Both, without: bool) -> None:
    for few in (None, 2):
        variables = {"id": gid("Customer", ANNA), "without": without} | ({} if few is None else {"few": few})
        compiled, resolved, ways = await both.ask(FRAGMENTS, variables)
        assert ways == {"first": COMPILED, "customer": COMPILED}
        assert compiled == resolved


LISTS = """
query Lists($customers: CustomerFilter, $order: CustomerOrder!, $leads: LeadFilter, $first: Int, $after: String) {
  customers(filter: $customers, orderBy: $order, first: $first) {
    totalCount edges { cursor node { name contactMedia { value } requests(running: true, last: 1) {
      totalCount edges { node { subject running } } pageInfo { hasNextPage hasPreviousPage startCursor } } } }
    pageInfo { __typename hasNextPage endCursor } }
  leads(filter: $leads, first: $first, after: $after) { edges { cursor node { name customer { name } } } }
}
"""


@pytest.mark.parametrize(
    "variables",
    [
        {"order": "NAME"},
        {"order": "NEWEST_CHANGE", "first": 2, "customers": {"kind": "PERSON", "deleted": None}},
        {"order": "NAME", "customers": {"nameStartsWith": "Do", "system": "crm", "status": "gold"}},
        {"order": "NAME", "customers": {"email": "Thuis@example.nl"}, "leads": {"states": ["ACCEPTED"]}},
        {"order": "NAME", "customers": {"changedSince": "2026-03-01T13:00:00+01:00"}, "leads": {"rating": "HOT"}},
        {"order": "NAME", "first": 51},
        {"order": "NAME", "after": "nonsense"},
    ],
)
async def test_lists_are_filtered_ordered_and_cut_alike(both: Both, variables: dict[str, object]) -> None:
    compiled, resolved, _ = await both.ask(LISTS, variables)
    assert compiled == resolved


async def test_a_role_that_may_not_see_a_field_gets_the_same_answer(both: Both) -> None:
    for role, customer in ((Role.CUSTOMER, ANNA), (Role.ARCHITECT, None), (Role.AGENT, None)):
        compiled, resolved, _ = await both.ask(VIEW, {"id": gid("Customer", ANNA)}, role=role, customer=customer)
        assert compiled == resolved


async def test_what_no_statement_answers_is_resolved_and_the_rest_is_not(both: Both) -> None:
    document = "query($id: ID!) { viewer { subject } customer(by: {id: $id}) { name } __typename systems { name } }"
    compiled, resolved, ways = await both.ask(document, {"id": gid("Customer", ANNA)})
    assert compiled == resolved
    assert ways["customer"] == COMPILED
    assert ways["viewer"] == "viewer shows nobody"


async def test_who_asks_is_told_with_his_own_view(both: Both) -> None:
    asked = (
        "{ viewer { subject scopes expiresAt customer { id name orders(first: 1) { edges { node { number } } } } } }"
    )
    for role, customer in ((Role.CUSTOMER, ANNA), (Role.CUSTOMER, CustomerId(uid("nobody"))), (Role.AGENT, None)):
        for _ in range(2):
            compiled, resolved, ways = await both.ask(asked, role=role, customer=customer)
            assert ways == {"viewer": COMPILED}
            assert compiled == resolved
    *_, ways = await both.ask("{ viewer { subject } }")
    assert ways == {"viewer": "viewer shows nobody"}


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        ("Customer", ["Anna Bakker", "nobody", "Ben de Vries", "Anna Bakker", "former"]),
        ("SalesOrder", ["Anna Bakker order 2", "nothing", "Anna Bakker order 1"]),
        ("SalesLead", ["Anna Bakker lead 1"]),
    ],
)
async def test_objects_of_one_type_are_found_together(
    both: Both, company: Database, kind: str, names: list[str]
) -> None:
    asked = """query($ids: [ID!]!) { nodes(ids: $ids) { id ... on Customer { name contactMedia { value } }
      ... on SalesOrder { number lines { amount } } ... on SalesLead { name } } }"""
    async with company.transaction() as connection:
        await add_alias(connection, uid("former"), ANNA)
    variables = {"ids": [gid(kind, uid(name)) for name in names]}
    for role, customer in ((Role.AGENT, None), (Role.CUSTOMER, ANNA)):
        for _ in range(2):
            compiled, resolved, ways = await both.ask(asked, variables, role=role, customer=customer)
            refused = kind == "SalesLead" and role is Role.CUSTOMER
            assert ways == {"nodes": "a resolver answers nodes of these arguments" if refused else COMPILED}
            assert compiled == resolved


async def test_objects_of_several_types_are_for_resolvers_if_one_is_configured(both: Both) -> None:
    asked = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    compiled, resolved, ways = await both.ask(asked, {"ids": [gid("Customer", ANNA), gid("System", "crm")]})
    assert (compiled, ways) == (resolved, {"nodes": "a resolver answers nodes of these arguments"})


SECRET = "geheim\r\nset-cookie: \N{EURO SIGN}"


@pytest.mark.parametrize("literal", [True, False])
async def test_why_resolvers_answer_says_nothing_of_values(both: Both, literal: bool) -> None:
    """The reason is kept with the plan, and told to whoever asks next."""
    asked = f"{{ customer(by: {{id: {json.dumps(SECRET)}}}) {{ name }} }}"
    if not literal:
        asked = "query($id: ID!) { customer(by: {id: $id}) { name } }"
    for value in (SECRET, "another"):
        compiled, resolved, ways = await both.ask(asked, {} if literal else {"id": value})
        assert compiled == resolved
        assert ways == {"customer": "InvalidGlobalIDError is for resolvers"}


LEFT = sorted(name for keyword, name in ANSWERED if keyword == "query" and name not in {*ROOTS, "_service"})


@pytest.mark.parametrize("name", LEFT)
async def test_of_a_root_field_that_resolvers_answer_it_is_told_why(both: Both, name: str) -> None:
    role = next(role for role in Role if may(role, "query", name))
    customer = ANNA if role is Role.CUSTOMER else None
    compiled, resolved, ways = await both.ask(document_for("query", name), role=role, customer=customer)
    assert (compiled, ways) == (resolved, {name: f"a resolver answers {name}"})
