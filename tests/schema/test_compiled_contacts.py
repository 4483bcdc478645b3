"""Contacts, requests, promises, leads and deliveries by statements: what resolvers answer, and who is shown in it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import pytest
from joserfc import jwt
from sqlalchemy import text

from hub.access.development import ALGORITHM, ISSUER
from hub.access.principal import Role
from hub.records.identity import CustomerId
from hub.store.engine import Database
from tests.schema.both_ways import Both, both_ways
from tests.schema.company import gid, uid
from tests.schema.contact_life import add_life
from tests.schema.serving import Api
from tests.schema.test_audit import noted

ANNA, BEN = CustomerId(uid("Anna Bakker")), CustomerId(uid("Ben de Vries"))
CALLERS = ((Role.AGENT, None), (Role.SUPERVISOR, None), (Role.CUSTOMER, ANNA), (Role.ARCHITECT, None))

SESSION = """
fragment Session on CustomerSession { id contactId identificationLevel direction result startedAt endedAt
  customer { name } legs { number channel agent beganAt result } incidents { id message topics contacts endedAt }
  dialogs { id state answers { question value source at } request { id subject } } }
"""

LIFE = (
    SESSION
    + """
query Life($id: ID!) { customer(by: {id: $id}) {
  contactMedia { value rule undeliverable { since reason reportedBy } verified { at method verifiedBy } }
  addresses { rule } currentAddress { street } then: currentAddress(at: "2020-01-01T00:00:00Z") { id }
  relations { kind other { id name relations { kind } } }
  requests { edges { node { id handling { topic channel respondBy answers { question value source at } }
    tasks { position name state outcome changedAt } } } }
  commitments(open: false) { edges { node { promise customer { name } request { id } } } }
  timeline(first: 2) { edges { cursor node { at kind session { ...Session } request { id } commitment { promise }
    lead { name customer { name } } } } pageInfo { hasNextPage } }
  all: timeline { totalCount edges { node { session { id customer { id } } commitment { promise } } } } } }
"""
)

LEADS = """query Leads($id: ID!) { customer(by: {id: $id}) {
  outboundDeliveries { id channel state lead { name } customer { name } }
  leads { edges { node { name responses { channel outcome occurredAt recordedBy }
    deliveries { id kind plannedFor tries lead { id } } } } } } }"""

OBJECTS = (
    SESSION
    + """query Objects($ids: [ID!]!) { nodes(ids: $ids) { __typename id ...Session
  ... on BusinessDialog { channel answers { value } } ... on Commitment { promise customer { name } }
  ... on Incident { message contacts } ... on LeadDelivery { channel customer { name } lead { name } }
  ... on Customer { name timeline { edges { node { session { customer { name } } } } } } ... on SalesOrder { number }
} }"""
)

NAMED = (
    ("CustomerSession", "Anna Bakker session"),
    ("Customer", "Ben de Vries"),
    ("BusinessDialog", "Anna Bakker dialog"),
    ("Incident", "incident 1"),
    ("CustomerSession", "nobody"),
    ("Commitment", "Anna Bakker commitment"),
    ("Customer", "Anna Bakker"),
    ("SalesOrder", "Anna Bakker order 1"),
    ("CustomerSession", "Ben de Vries session"),
)


DELIVERY = "id channel state reason plannedFor lead { name } customer { name }"
PROMISE = "id promise dueAt handler state customer { name } request { id subject }"
EVERYBODYS = {
    "deliveries": f"""query($states: [DeliveryState!], $channel: String, $after: String) {{
      outboundDeliveries(states: $states, channel: $channel, first: 1, after: $after) {{
        totalCount pageInfo {{ hasNextPage endCursor }} edges {{ cursor node {{ {DELIVERY} }} }} }} }}""",
    "promises": f"""query($kept: [CommitmentState!], $mine: Boolean! = false, $last: Int) {{
      commitments(states: $kept, mine: $mine, last: $last) {{ totalCount edges {{ node {{ {PROMISE} }} }} }} }}""",
    "work": """query($filter: WorkListFilter, $first: Int) { workList(filter: $filter, first: $first) {
      totalCount pageInfo { hasNextPage } edges { cursor node {
        respondBy request { id subject } customer { name } } } } }""",
    "incidents": """query($active: Boolean, $first: Int) { incidents(active: $active, first: $first) {
      totalCount pageInfo { hasNextPage } edges { cursor node { id message topics contacts endedAt } } } }""",
}
ASKED: tuple[tuple[str, dict[str, object]], ...] = (
    ("deliveries", {}),
    ("deliveries", {"states": ["SENT", "UNKNOWN"]}),
    ("deliveries", {"states": []}),
    ("deliveries", {"channel": "calls"}),
    ("deliveries", {"channel": "x" * 501}),
    ("promises", {}),
    ("promises", {"kept": ["OPEN", "KEPT"], "last": 1}),
    ("promises", {"mine": True}),
    ("work", {}),
    ("work", {"filter": {"queue": "service"}, "first": 1}),
    ("work", {"filter": {"queue": "x" * 501}}),
    ("work", {"filter": {"mine": True}}),
    ("work", {"filter": {"unassigned": True, "unanswered": True}}),
    ("incidents", {}),
    ("incidents", {"active": False, "first": 1}),
    ("incidents", {"first": 101}),
)


@pytest.fixture
async def both(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Both]:
    """Both ways over the company, with what a year left behind."""
    async with company.transaction() as connection:
        await add_life(connection)
    async with both_ways(database_url, tmp_path) as both:
        yield both


@pytest.mark.parametrize("document", [LIFE, LEADS], ids=["life", "leads"])
async def test_a_whole_life_is_one_statement(both: Both, document: str) -> None:
    for role, customer in CALLERS:
        for name in ("Anna Bakker", "Ben de Vries"):
            compiled, resolved, ways = await both.ask(
                document, {"id": gid("Customer", uid(name))}, role=role, customer=customer
            )
            assert compiled == resolved
            assert role is not Role.AGENT or ways == {"customer": "compiled"}


@pytest.mark.parametrize(("name", "given"), ASKED)
async def test_a_list_over_all_customers_is_one_statement(both: Both, name: str, given: dict[str, object]) -> None:
    for role, customer in CALLERS:
        compiled, resolved, ways = await both.ask(EVERYBODYS[name], given, role=role, customer=customer)
        assert compiled == resolved
        refused = "errors" in ways or compiled.errors
        assert refused or set(ways.values()) == {"compiled"}, (role, ways)


async def test_his_own_promises_are_told_to_each_of_two_supervisors_by_one_plan(both: Both, company: Database) -> None:
    """What is kept of a request for one caller is nobody else's."""
    asked = EVERYBODYS["promises"]
    async with company.transaction() as connection:
        await connection.execute(text("UPDATE commitment SET handler = 'development:supervisor'"))
    found = [await both.ask(asked, {"mine": True}, role=role) for role in (Role.AGENT, Role.SUPERVISOR, Role.AGENT)]
    assert [compiled == resolved for compiled, resolved, _ in found] == [True] * 3
    counts = [json.loads(compiled.data)["commitments"]["totalCount"] for compiled, _, _ in found]
    assert counts == [0, 4, 0]


async def test_whoever_stands_in_a_list_of_deliveries_is_noted_as_shown(both: Both, company: Database) -> None:
    asked = "{ outboundDeliveries { edges { node { id } } } }"
    assert await _shown(company, both.compiling, asked, {}) == {ANNA}


async def test_objects_of_several_types_are_one_statement(both: Both) -> None:
    variables = {"ids": [gid(kind, uid(name)) for kind, name in NAMED]}
    for role, customer in CALLERS:
        compiled, resolved, ways = await both.ask(OBJECTS, variables, role=role, customer=customer)
        assert compiled == resolved
        assert role is not Role.AGENT or ways == {"nodes": "compiled"}


async def test_each_object_is_one_statement(both: Both) -> None:
    asked = OBJECTS.replace("$ids: [ID!]!", "$id: ID!").replace("nodes(ids: $ids)", "node(id: $id)")
    for role, customer in CALLERS:
        for kind, name in (*NAMED, ("LeadDelivery", "delivery 0")):
            compiled, resolved, ways = await both.ask(asked, {"id": gid(kind, uid(name))}, role=role, customer=customer)
            assert compiled == resolved
            assert role is not Role.AGENT or name == "nobody" or ways == {"node": "compiled"}


async def _shown(company: Database, api: Api, document: str, variables: dict[str, object]) -> set[UUID]:
    response = await api.post(document, variables, api.token(Role.AGENT))
    assert "errors" not in response.json()
    assert response.headers["x-hub-plan"].endswith(": compiled")
    return {customer for _, customer, *_ in await noted(company, 1)}


async def test_who_is_only_reached_through_another_is_noted_as_shown(both: Both, company: Database) -> None:
    asked = "query($id: ID!) { customer(by: {id: $id}) { relations { other { name } } } }"
    assert await _shown(company, both.compiling, asked, {"id": gid("Customer", ANNA)}) == {ANNA, BEN}


async def test_whose_contact_stands_in_a_page_of_entries_is_noted_only_if_it_is_on_the_page(
    both: Both, company: Database
) -> None:
    asked = """query($id: ID!) { customer(by: {id: $id}) {
      timeline(last: 1) { edges { node { session { contactId } } } pageInfo { hasPreviousPage } } } }"""
    assert await _shown(company, both.compiling, asked, {"id": gid("Customer", ANNA)}) == {ANNA}


async def test_the_owners_of_objects_of_several_types_are_noted(both: Both, company: Database) -> None:
    named = (("Incident", "incident 1"), ("BusinessDialog", "Anna Bakker dialog"), ("Customer", "Ben de Vries"))
    asked = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    ids = [gid(kind, uid(name)) for kind, name in named]
    assert await _shown(company, both.compiling, asked, {"ids": ids}) == {ANNA, BEN}


@pytest.mark.parametrize("way", ["compiling", "resolving"])
@pytest.mark.parametrize("of", ["timeline", "commitments(open: false)"])
async def test_whose_request_is_told_beside_an_entry_or_a_promise_is_noted_too(
    both: Both, company: Database, of: str, way: str
) -> None:
    """A request that went to another customer since."""
    async with company.transaction() as connection:
        await connection.execute(text("UPDATE business_request SET customer_id = :ben"), {"ben": BEN})
        await connection.execute(
            text("UPDATE commitment SET request_id = (SELECT min(id::text)::uuid FROM business_request)")
        )
    api: Api = getattr(both, way)
    asked = f"query($id: ID!) {{ customer(by: {{id: $id}}) {{ {of} {{ edges {{ node {{ request {{ id }} }} }} }} }} }}"
    answer = await api.ask(asked, {"id": gid("Customer", ANNA)})
    told = json.dumps(answer.data)
    assert answer.errors == []
    assert gid("BusinessRequest", uid("x"))[:12] in told
    assert {customer for _, customer, *_ in await noted(company, 2)} == {ANNA, BEN}


async def test_an_agent_with_a_queue_of_his_own_is_told_that_one_and_a_supervisor_all(
    both: Both, company: Database
) -> None:
    """Under one plan: whose queue it is comes with each request."""
    async with company.transaction() as connection:
        await connection.execute(text("UPDATE request_handling SET queue = 'mail', closed_at = NULL"))
        await connection.execute(text("UPDATE business_request SET deleted = false"))

    def token(queue: str | None, role: Role) -> str:
        now = int(both.compiling.clock.now.timestamp())
        claims = {"iss": ISSUER, "aud": "contacthub", "sub": f"{queue}", "iat": now, "exp": now + 600, "roles": [role]}
        key = both.compiling.tokens._key
        return jwt.encode({"alg": ALGORITHM}, claims | ({"queue": queue} if queue else {}), key, algorithms=[ALGORITHM])

    counts = []
    callers = [("mail", Role.AGENT), ("letters", Role.AGENT), (None, Role.AGENT), ("letters", Role.SUPERVISOR)]
    for queue, role in callers:
        for wanted in ({}, {"filter": {"queue": "letters"}}):
            told_by = [
                (await both._asked(api, EVERYBODYS["work"], wanted, token(queue, role)))
                for api in (both.compiling, both.resolving)
            ]
            assert told_by[0][0] == told_by[1][0]
            assert told_by[0][1] == {"workList": "compiled"}
            counts.append(json.loads(told_by[0][0].data)["workList"]["totalCount"] > 0)
    assert counts == [True, True, False, False, True, False, True, False]
