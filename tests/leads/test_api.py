"""Leads through the API: opened, answered, worked, found, and refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hub.access.principal import Role
from hub.records.identity import CustomerId
from hub.store.engine import Database
from tests.contacts.conducting import counted, start, wanted
from tests.leads.documents import lead
from tests.leads.opening import opened
from tests.schema.company import gid, uid
from tests.schema.serving import Api

pytestmark = pytest.mark.slow

ANNA = {"phone": "+31612345678"}
FIBRE = {"name": "Fibre at home", "proposition": "fibre-1000", "rating": "WARM", "priority": "HIGH"}


async def interested(api: Api, **given: Any) -> Any:
    session = (await start(api, known=ANNA))["session"]
    return session, await lead(api, "openLead", sessionId=session["id"], **{**FIBRE, **given})


async def test_interest_in_a_session_becomes_a_lead_at_lead_management(desk: Api, company: Database) -> None:
    _, payload = await interested(desk, amount="250.00", currency="EUR", idempotencyKey="k")
    made = payload["lead"]
    assert payload["problems"] == []
    assert {name: made[name] for name in ("state", "rating", "direction", "channel", "proposition", "leadOwner")} == {
        "state": "ACKNOWLEDGED", "rating": "WARM", "direction": "INBOUND", "channel": "call-centre",
        "proposition": "fibre-1000", "leadOwner": "development:agent",
    }  # fmt: skip
    assert made["customer"] == {"name": "Anna Bakker"}
    assert made["receipts"] == [{"system": "lms", "externalId": None, "state": "PENDING", "code": None}]
    (told,) = await wanted(company, "sales_lead")
    assert (told["id"], told["customer"], told["amount"]) == (made["number"], "lms-anna", "250.00")


async def test_the_same_key_opens_one_lead(desk: Api, company: Database) -> None:
    session = (await start(desk, known=ANNA))["session"]
    first = await lead(desk, "openLead", sessionId=session["id"], **FIBRE, idempotencyKey="k")
    again = await lead(desk, "openLead", sessionId=session["id"], **FIBRE, idempotencyKey="k")
    assert again["lead"]["id"] == first["lead"]["id"]
    assert await counted(company, "sales_lead WHERE system = 'hub'") == [1]


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({"proposition": "moon"}, "INVALID", ["proposition"]),
        ({"name": " "}, "INVALID", ["name"]),
        ({"amount": "5"}, "INVALID", ["currency"]),
        ({"amount": "-5", "currency": "EUR"}, "INVALID", ["amount"]),
        ({"amount": "5", "currency": "euro"}, "INVALID", ["currency"]),
        ({"customerId": gid("Customer", uid("Anna Bakker"))}, "INVALID", ["sessionId"]),
    ],
)
async def test_bad_input_opens_nothing(
    desk: Api, company: Database, given: dict[str, Any], code: str, path: list[str]
) -> None:
    _, payload = await interested(desk, **given)
    assert [(one["code"], one["path"]) for one in payload["problems"]] == [(code, path)]
    assert await counted(company, "sales_lead WHERE system = 'hub'", "lead_handling", "outbound_command") == [0, 0, 0]


async def test_nobody_knows_whose_it_is(desk: Api) -> None:
    session = (await start(desk, known={}))["session"]
    payload = await lead(desk, "openLead", sessionId=session["id"], **FIBRE)
    assert [one["code"] for one in payload["problems"]] == ["CONFLICT"]


async def test_an_agent_ties_the_answer_of_a_caller_to_the_lead_that_was_mailed(desk: Api, company: Database) -> None:
    mailed = gid("SalesLead", await opened(company, source=("cm", "7"), channel="email"))
    session = (await start(desk, known=ANNA))["session"]
    given = {"leadId": mailed, "outcome": "ACCEPTED", "sessionId": session["id"], "idempotencyKey": "a"}
    answer = (await lead(desk, "recordLeadResponse", **given))["lead"]
    assert (answer["state"], answer["rating"]) == ("IN_PROGRESS", "HOT")
    assert [(one["channel"], one["outcome"], one["recordedBy"]) for one in answer["responses"]] == [
        ("call-centre", "ACCEPTED", "development:agent")
    ]
    assert answer["respondedAt"] is not None
    again = (await lead(desk, "recordLeadResponse", **given))["lead"]
    assert len(again["responses"]) == 1
    other = await lead(desk, "recordLeadResponse", **{**given, "outcome": "REJECTED"})
    assert [one["code"] for one in other["problems"]] == ["CONFLICT"]


async def test_a_session_of_somebody_else_and_a_clock_in_the_future_are_refused(desk: Api, company: Database) -> None:
    mailed = gid("SalesLead", await opened(company))
    session = (await start(desk, known={"phone": "+31201111111"}))["session"]
    given = {"leadId": mailed, "outcome": "CLICKED", "idempotencyKey": "a"}
    wrong = await lead(desk, "recordLeadResponse", **given, sessionId=session["id"])
    late = await lead(
        desk, "recordLeadResponse", **given, channel="web", at=(desk.clock() + timedelta(hours=1)).isoformat()
    )
    without = await lead(desk, "recordLeadResponse", **given)
    assert [one["problems"][0]["code"] for one in (wrong, late, without)] == [
        "OTHER_CUSTOMER", "IN_THE_FUTURE", "INVALID",
    ]  # fmt: skip
    assert await counted(company, "lead_response") == [0]


async def test_a_lead_is_worked_until_it_is_won_and_then_no_more(desk: Api) -> None:
    _, payload = await interested(desk)
    identity = payload["lead"]["id"]
    taken = await lead(desk, "updateLead", leadId=identity, priority="LOW", leadOwner="eva")
    assert (taken["lead"]["priority"], taken["lead"]["leadOwner"]) == ("LOW", "eva")
    forbidden = await lead(desk, "advanceLead", leadId=identity, to="ACCEPTED")
    (problem,) = forbidden["problems"]
    assert problem["message"] == (
        "the lead is ACKNOWLEDGED and cannot become ACCEPTED; "
        "what may follow is CANCELLED, IN_PROGRESS, PENDING, REJECTED"
    )
    converted = await lead(desk, "convertLead", leadId=identity, reason="wants a quotation")
    assert (converted["lead"]["state"], converted["lead"]["stateReason"]) == ("PENDING", "wants a quotation")
    assert (await lead(desk, "advanceLead", leadId=identity, to="ACCEPTED"))["lead"]["state"] == "ACCEPTED"
    for name, given in (("convertLead", {}), ("updateLead", {"rating": "COLD"})):
        refused = await lead(desk, name, leadId=identity, **given)
        assert [one["code"] for one in refused["problems"]] == ["CONFLICT"], name


async def test_leads_are_found_by_direction_campaign_and_answer(desk: Api, company: Database) -> None:
    spring = await opened(company, source=("cm", "7"))
    await interested(desk)
    listed = "query($filter: LeadFilter) { leads(filter: $filter) { totalCount edges { node { id } } } }"
    for filter_, expected in (
        ({"direction": "OUTBOUND"}, [gid("SalesLead", spring)]),
        ({"campaign": "Spring", "responded": False}, [gid("SalesLead", spring)]),
        ({"campaign": "Spring", "responded": True}, []),
        ({"direction": "INBOUND", "campaign": "Spring"}, []),
    ):
        found = (await desk.ask(listed, {"filter": filter_})).data["leads"]
        assert ([edge["node"]["id"] for edge in found["edges"]], found["totalCount"]) == (expected, len(expected))


async def test_a_package_holds_its_lead_and_nobody_else_can_work_it(desk: Api, company: Database) -> None:
    theirs = gid("SalesLead", uid("Anna Bakker lead 1"))
    before = await counted(company, "outbound_command", "lead_handling")
    refused = await lead(desk, "convertLead", leadId=theirs)
    assert [one["code"] for one in refused["problems"]] == ["CONFLICT"]
    assert await counted(company, "outbound_command", "lead_handling") == before
    answered = await lead(
        desk, "recordLeadResponse", leadId=theirs, outcome="ACCEPTED", channel="branch", idempotencyKey="b"
    )
    assert (answered["problems"], answered["lead"]["state"]) == ([], "IN_PROGRESS")
    assert len(await wanted(company, "lead_response")) == 2


async def test_the_customer_himself_may_not_work_leads(desk: Api, company: Database) -> None:
    theirs = gid("SalesLead", await opened(company))
    document = "mutation($input: ConvertLeadInput!) { convertLead(input: $input) { lead { id } } }"
    answer = await desk.ask(
        document, {"input": {"leadId": theirs}}, role=Role.CUSTOMER, customer=CustomerId(uid("Anna Bakker"))
    )
    assert answer.codes == ["FORBIDDEN"]
    assert await counted(company, "sales_lead WHERE state <> 'ACKNOWLEDGED' AND system = 'hub'") == [0]
