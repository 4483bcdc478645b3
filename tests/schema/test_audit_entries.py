"""The audit trail over the API: who looked at whom and why, by any id of his, also once he is merged or erased."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.records.identity import CustomerId
from hub.store.engine import Database
from tests.schema.company import NOW, gid, uid
from tests.schema.serving import Answer, Api

ANNA, BEN = uid("Anna Bakker"), uid("Ben de Vries")
LOOK = "query($id: ID!) { customer(by: {id: $id}) { name } }"
MERGE = """mutation($input: MergeCustomersInput!) { mergeCustomers(input: $input) { problems { code message } } }"""
ERASE = """mutation($input: RequestErasureInput!) { requestErasure(input: $input) { problems { code message } } }"""
ASK = """
query($filter: AuditFilter, $first: Int, $after: String, $last: Int, $before: String) {
  auditEntries(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage }
    edges { cursor node { kind principal action objectType objectId outcome purpose address details { name value } } }
  }
}
"""


async def look(api: Api, customer: UUID, role: Role = Role.AGENT, purpose: str | None = None) -> None:
    """Somebody looks at a customer, and it stands in the trail."""
    headers = {"authorization": f"Bearer {api.token(role)}"} | ({"x-hub-purpose": purpose} if purpose else {})
    body: dict[str, Any] = {"query": LOOK, "variables": {"id": gid("Customer", customer)}}
    answer = await api.http.post("/graphql", json=body, headers=headers)
    assert "errors" not in answer.json()
    await api.app.state.running.hub.trail.write()


async def ask(api: Api, role: Role = Role.STEWARD, **variables: Any) -> Answer:
    return await api.ask(ASK, variables, role=role)


async def told(api: Api, **filter: Any) -> list[tuple[str, str]]:
    """Who did what, newest first."""
    answer = await ask(api, filter=filter)
    return [(edge["node"]["principal"], edge["node"]["action"]) for edge in answer.data["auditEntries"]["edges"]]


async def of_others(api: Api, customer: UUID) -> list[tuple[str, str]]:
    """As `told`, of a customer, without what the steward sees in his own answers and asks here."""
    own = {("development:steward", "read"), ("development:steward", "auditEntries")}
    return [entry for entry in await told(api, customerId=gid("Customer", customer)) if entry not in own]


async def test_it_tells_who_looked_at_whom_why_and_from_where(api: Api) -> None:
    await look(api, ANNA, purpose="complaint")
    await look(api, BEN)
    answer = await ask(api, filter={"customerId": gid("Customer", ANNA)})
    assert answer.data["auditEntries"]["totalCount"] == 2  # to count is a second look, after this one was noted
    ((node,),) = ([edge["node"] for edge in answer.data["auditEntries"]["edges"]],)
    assert node == {
        "kind": "READ",
        "principal": "development:agent",
        "action": "read",
        "objectType": "Customer",
        "objectId": gid("Customer", ANNA),
        "outcome": "DONE",
        "purpose": "complaint",
        "address": "127.0.0.1",
        "details": [{"name": "place", "value": "Query.customer"}],
    }


START = """mutation($by: StartSessionInput!) { startSession(input: $by) { session { id } problems { code } } }"""
PROMISE = """mutation($input: MakeCommitmentInput!) { makeCommitment(input: $input) { problems { code } } }"""
CONSENT = """mutation($input: RecordConsentInput!) { recordConsent(input: $input) { problems { code } } }"""


async def test_what_is_done_in_a_contact_stands_in_it_once_whoever_asks_by_the_customer(api: Api) -> None:
    by = {"customerId": gid("Customer", ANNA)}
    started = await api.ask(START, {"by": {"channel": "call-centre", "known": by}}, role=Role.AGENT)
    session = started.data["startSession"]["session"]["id"]
    due = (datetime.now(UTC) + timedelta(days=1)).isoformat()
    promise = {"sessionId": session, "promise": "We call you back.", "dueAt": due, "idempotencyKey": "once"}
    for _ in range(2):
        assert (await api.ask(PROMISE, {"input": promise}, role=Role.AGENT)).data["makeCommitment"]["problems"] == []
    refused = await api.ask(
        PROMISE, {"input": {**promise, "idempotencyKey": None, "dueAt": NOW.isoformat()}}, role=Role.AGENT
    )
    assert refused.data["makeCommitment"]["problems"] != []
    await api.ask(CONSENT, {"input": {**by, "purpose": "newsletter", "status": "GRANTED"}}, role=Role.AGENT)
    await api.app.state.running.hub.trail.write()
    changes = await told(api, customerId=gid("Customer", ANNA), kind="CHANGE")
    assert sorted(action for _, action in changes) == ["makeCommitment", "recordConsent", "startSession"]
    assert {principal for principal, _ in changes} == {"development:agent"}


async def test_a_page_is_one_entry_and_of_each_customer_on_it_an_entry_of_his_own(api: Api) -> None:
    await api.ask("query Page { customers(first: 2) { edges { node { name } } } }", role=Role.AGENT)
    await api.app.state.running.hub.trail.write()
    names = ["Anna Bakker", "Ben de Vries"]
    for name in names:
        of_him = (await ask(api, filter={"customerId": gid("Customer", uid(name)), "kind": "READ"})).data
        ((node,),) = ([edge["node"] for edge in of_him["auditEntries"]["edges"]],)
        assert (node["objectType"], node["objectId"]) == ("Customer", gid("Customer", uid(name)))
        assert node["details"] == [
            {"name": "operation", "value": "Page"},
            {"name": "place", "value": "Query.customers"},
        ]
    assert await told(api, customerId=gid("Customer", uid("Cor Smit"))) == []
    whole = (await ask(api, filter={"principal": "development:agent"})).data["auditEntries"]
    ((node,),) = ([edge["node"] for edge in whole["edges"]],)
    assert (whole["totalCount"], node["objectType"], node["objectId"]) == (1, "Customers", "Query.customers")
    listed = {detail["name"]: detail["value"] for detail in node["details"]}
    assert sorted(orjson.loads(listed["customers"])) == sorted(str(uid(name)) for name in names)


async def test_asking_is_an_entry_with_what_was_asked(api: Api) -> None:
    await ask(api, filter={"principal": "somebody", "since": "2026-03-01T00:00:00Z", "unexplained": True})
    await ask(api, filter={"customerId": gid("Customer", ANNA), "kind": "CHANGE"})
    entries = (await ask(api)).data["auditEntries"]["edges"]
    said = [(e["node"]["objectType"], e["node"]["objectId"], e["node"]["details"]) for e in entries]
    assert said == [
        ("Customer", gid("Customer", ANNA), [{"name": "kind", "value": "CHANGE"}]),
        (
            "AuditTrail",
            "all",
            [
                {"name": "ofPrincipal", "value": "somebody"},
                {"name": "since", "value": "2026-03-01T00:00:00+00:00"},
                {"name": "unexplained", "value": "true"},
            ],
        ),
    ]
    assert {e["node"]["kind"] for e in entries} == {"READ"}


async def test_filters_narrow_it(api: Api) -> None:
    await look(api, ANNA, Role.AGENT, "complaint")
    api.clock.forward(timedelta(minutes=10))
    await look(api, BEN, Role.SUPERVISOR)
    assert (await api.ask(ERASE, {"input": {"customerId": gid("Customer", BEN)}}, role=Role.AGENT)).codes == [
        "FORBIDDEN"
    ]
    await api.app.state.running.hub.trail.write()
    agent, supervisor = "development:agent", "development:supervisor"
    assert await told(api, principal=agent) == [(agent, "denied"), (agent, "read")]
    assert await told(api, kind="DENIED") == [(agent, "denied")]
    assert await told(api, until=(NOW + timedelta(minutes=10)).isoformat()) == [(agent, "read")]
    since = (NOW + timedelta(minutes=10)).isoformat()
    assert await told(api, since=since, principal=supervisor) == [(supervisor, "read")]
    assert await told(api, unexplained=True) == [(supervisor, "read")]
    assert await told(api, kind="CHANGE") == []


async def test_pages_go_from_the_newest_and_a_new_entry_moves_none(api: Api) -> None:
    for customer in (ANNA, BEN, ANNA):
        await look(api, customer)
        api.clock.forward(timedelta(seconds=1))
    only = {"kind": "READ", "principal": "development:agent"}
    first = (await ask(api, filter=only, first=2)).data["auditEntries"]
    assert [e["node"]["objectId"] for e in first["edges"]] == [gid("Customer", ANNA), gid("Customer", BEN)]
    assert first["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": False}
    await look(api, BEN)
    rest = (await ask(api, filter=only, first=2, after=first["edges"][-1]["cursor"])).data["auditEntries"]
    assert [e["node"]["objectId"] for e in rest["edges"]] == [gid("Customer", ANNA)]
    assert rest["pageInfo"] == {"hasNextPage": False, "hasPreviousPage": True}
    oldest = (await ask(api, filter=only, last=1)).data["auditEntries"]
    assert oldest["edges"] == rest["edges"]
    assert (await ask(api, after="bm9uc2Vuc2U=")).codes == ["INVALID"]


async def test_the_trail_of_a_merged_and_erased_customer_is_found_by_each_of_his_ids(
    api: Api, company: Database
) -> None:
    await look(api, ANNA)
    await look(api, BEN)
    into = {"into": gid("Customer", ANNA), "customerIds": [gid("Customer", BEN)]}
    merged = await api.ask(MERGE, {"input": into}, role=Role.STEWARD)
    assert (merged.errors, merged.data["mergeCustomers"]["problems"]) == ([], [])
    agent, steward = "development:agent", "development:steward"
    before = [(steward, "mergeCustomer"), (agent, "read"), (agent, "read")]
    assert [await of_others(api, one) for one in (ANNA, BEN)] == [before, before]
    erased = await api.ask(ERASE, {"input": {"customerId": gid("Customer", BEN)}}, role=Role.STEWARD)
    assert (erased.errors, erased.data["requestErasure"]["problems"]) == ([], [])
    async with company.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM customer_alias")) == 0
    after = [(steward, "requestErasure"), *before]
    assert [await of_others(api, one) for one in (ANNA, BEN)] == [after, after]


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR, Role.FRONTEND, Role.ARCHITECT, Role.SYSTEM])
async def test_nobody_else_is_told_and_his_asking_stands_in_it_as_refused(
    api: Api, company: Database, role: Role
) -> None:
    await look(api, ANNA)
    refused = await ask(api, role, filter={"customerId": gid("Customer", ANNA)})
    assert (refused.data, refused.codes) == (None, ["FORBIDDEN"])
    await api.app.state.running.hub.trail.write()
    async with company.reading() as connection:
        rows = await connection.execute(text("SELECT action, object_id, outcome FROM audit_event ORDER BY id"))
        assert [tuple(row) for row in rows] == [
            ("read", str(ANNA), "DONE"),
            ("denied", "Query.auditEntries", "DENIED"),
        ]


async def test_a_customer_does_not_learn_who_looked_at_him(api: Api) -> None:
    await look(api, ANNA)
    filter = {"customerId": gid("Customer", ANNA)}
    refused = await api.ask(ASK, {"filter": filter}, role=Role.CUSTOMER, customer=CustomerId(ANNA))
    assert (refused.data, refused.codes) == (None, ["FORBIDDEN"])


async def test_an_id_of_nobody_finds_nothing_and_one_of_another_kind_is_refused(api: Api) -> None:
    await look(api, ANNA)
    assert await told(api, customerId=gid("Customer", uid("nobody"))) == []
    assert (await ask(api, filter={"customerId": gid("SalesLead", ANNA)})).codes == ["NOT_FOUND"]
