"""Contacts from start to end over the API: recognised, transferred, resumed, wrapped up, ended by schedule."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hub.access.principal import Role
from hub.contacts.wrap_up import end_quiet_sessions
from hub.records.contact import Registration
from hub.records.identity import CustomerId
from hub.settings.contact import DEFAULT_CONTACT, ContactRules
from hub.store.engine import Database
from tests.contacts.conducting import IDENTIFY, START, counted, declare_outward, do, start, step, wanted
from tests.contacts.conftest import CATALOGUE
from tests.flows.building import apply_page, content, declare_flow, page, person
from tests.schema.company import NOW, Person, add_person, add_systems, gid, uid
from tests.schema.offering import OFFERING, allow_marketing
from tests.schema.serving import Api, serving
from tests.stewardship.building import merge, owner, undo

pytestmark = pytest.mark.slow

ANNA = CustomerId(uid("Anna Bakker"))
EVERYTHING = ("customer_session", "session_leg", "timeline_entry", "outbound_command", "change_pending", "customer")


@pytest.fixture
async def company(database: Database) -> Database:
    """Anna, and Cor and Dora who share an address; a CRM that hears of contacts."""
    async with database.transaction() as connection:
        await add_systems(connection)
        await add_person(connection, Person("Anna Bakker", "anna@example.nl", "+31612345678", systems=("crm", "lms")))
        await add_person(connection, Person("Cor Smit", "thuis@example.nl", "+31201111111"))
        await add_person(connection, Person("Dora Smit", "thuis@example.nl"))
    await declare_outward(database, "contact", "customer", "wrap_up")
    return database


@pytest.fixture
async def api(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    """A company that registers every contact."""
    rules = ContactRules(registration=Registration.ALL)
    async with serving(database_url, tmp_path, contact=rules, topics=CATALOGUE) as api:
        yield api


async def test_a_caller_is_greeted_by_name_in_one_round_trip_while_a_package_is_down(api: Api) -> None:
    document = """mutation($input: StartSessionInput!) { startSession(input: $input) {
      recognition
      session { phase state identificationLevel incidents { message }
        customer { name requests(running: true) { edges { node { subject state } } } sources { system state } } }
      problems { code } } }"""
    payload = await do(
        api, "startSession", document, channel="call-centre", known={"phone": "06-12345678"}, reason="No confirmation"
    )
    assert payload == {
        "recognition": "RECOGNISED",
        "session": {
            "phase": "EXPLORATION",
            "state": "ACTIVE",
            "identificationLevel": "IDENTIFIED",
            "incidents": [],
            "customer": {
                "name": "Anna Bakker",
                "requests": {"edges": [{"node": {"subject": "Question", "state": "IN_PROGRESS"}}]},
                "sources": [{"system": "crm", "state": "ACTIVE"}, {"system": "lms", "state": "SUSPENDED"}],
            },
        },
        "problems": [],
    }


async def test_what_was_promised_and_what_to_offer_come_with_the_start(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    await allow_marketing(company)
    promise = """mutation($input: MakeCommitmentInput!) { makeCommitment(input: $input) { problems { code } } }"""
    document = """mutation($input: StartSessionInput!) { startSession(input: $input) { problems { code } session {
      nextBestActions { proposition }
      customer { commitments(open: true) { edges { node { promise state } } } } } } }"""
    async with serving(database_url, tmp_path, topics=CATALOGUE, offering=OFFERING) as api:
        before = (await start(api, known={"phone": "+31612345678"}))["session"]
        due = (NOW + timedelta(hours=2)).isoformat()
        await do(api, "makeCommitment", promise, sessionId=before["id"], promise="Call back", dueAt=due)
        begun = await do(api, "startSession", document, channel="web", known={"email": "anna@example.nl"})
    assert begun["session"]["customer"]["commitments"] == {
        "edges": [{"node": {"promise": "Call back", "state": "OPEN"}}]
    }
    offers = [offer["proposition"] for offer in begun["session"]["nextBestActions"]]
    assert offers == ["fibre-1000", "tv-complete", "modem-swap"]


async def test_sales_is_told_of_a_contact_under_the_id_that_it_has_everywhere(api: Api, company: Database) -> None:
    session = (await start(api, known={"phone": "+31612345678"}, reason="Bill"))["session"]
    assert await wanted(company, "contact") == [
        {
            "id": session["contactId"],
            "customer": "crm-anna",
            "channel": "call-centre",
            "direction": "INBOUND",
            "reason": "Bill",
            "agent": "development:agent",
            "started_at": "2026-03-02T12:00:00Z",
        }
    ]
    assert session["registeredAt"] == "2026-03-02T12:00:00Z"


async def test_somebody_new_exists_in_the_hub_at_once_and_in_the_crm_before_his_contact(
    api: Api, company: Database
) -> None:
    given: dict[str, Any] = {"known": {"phone": "06 87654321"}, "newCustomer": {"name": "Eva Nieuw"}}
    payload = await start(api, **given)
    assert (payload["recognition"], payload["session"]["customer"]["name"]) == ("RECOGNISED", "Eva Nieuw")
    (made,) = await wanted(company, "customer")
    media = [{"external_id": "1", "kind": "PHONE", "value": "+31687654321", "preferred": False}]
    assert (made["name"], made["contact_media"]) == ("Eva Nieuw", media)
    (contact,) = await wanted(company, "contact")
    assert contact["customer_key"].startswith("crm/customer/")
    again = await start(api, **given)
    assert again["session"]["customer"]["id"] == payload["session"]["customer"]["id"]
    assert len(await wanted(company, "customer")) == 1


async def test_a_contact_goes_by_a_split_to_whoever_has_the_record_that_it_was_recognised_by(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    lane = await declare_flow(database, "crm")
    both = "+31201111111"
    people = (
        content("1", person("Jan", "jan@example.com", both), 1),
        content("2", person("J.", "j@example.com", both), 1),
    )
    await apply_page(database, lane, page(*people))
    jan, other = await owner(database, "crm", "1"), await owner(database, "crm", "2")
    done = await merge(database, jan, other)
    async with serving(database_url, tmp_path) as api:
        clues: dict[str, dict[str, str]] = {
            "his": {"email": "j@example.com", "cookie": "c"},
            "mine": {"email": "jan@example.com"},
            "both's": {"phone": both},
            "his number": {"customerId": gid("Customer", other)},
        }
        began = {name: (await start(api, known=known))["session"]["id"] for name, known in clues.items()}
        unknown = (await start(api, known={"cookie": "d"}))["session"]
        await do(api, "identifyCustomer", IDENTIFY, sessionId=unknown["id"], known={"email": "j@example.com"})
        await undo(database, done.act_id)
        knows = (await start(api, known={"cookie": "d"}))["session"]
        assert knows["customer"]["id"] == gid("Customer", other)
    async with database.reading() as connection:
        rows = (await connection.execute(text("SELECT id, customer_id FROM customer_session"))).all()
    whose = {gid("CustomerSession", row.id): row.customer_id for row in rows}
    assert {name: whose[session] for name, session in began.items()} == {
        "his": other,
        "mine": jan,
        "both's": jan,
        "his number": other,
    }
    assert whose[unknown["id"]] == other


@pytest.mark.parametrize(
    ("known", "recognition", "name"),
    [
        ({"email": "THUIS@example.nl"}, "AMBIGUOUS", None),
        ({"email": "thuis@example.nl", "phone": "+31201111111"}, "RECOGNISED", "Cor Smit"),
        ({"customerNumber": "N-Dora"}, "RECOGNISED", "Dora Smit"),
        ({"customerId": gid("Customer", ANNA)}, "RECOGNISED", "Anna Bakker"),
        ({"phone": "+31699999999"}, "UNKNOWN", None),
        ({}, "UNKNOWN", None),
    ],
)
async def test_clues_name_one_customer_or_nobody(
    api: Api, known: dict[str, str], recognition: str, name: str | None
) -> None:
    payload = await start(api, known=known)
    customer = payload["session"]["customer"]
    assert (payload["recognition"], customer and customer["name"]) == (recognition, name)
    assert payload["session"]["phase"] == ("IDENTIFICATION" if name is None else "EXPLORATION")


async def test_a_device_is_known_again_once_its_owner_was_identified(api: Api) -> None:
    first = await start(api, Role.FRONTEND, channel="web", known={"cookie": "c-17"})
    assert (first["recognition"], first["session"]["state"]) == ("UNKNOWN", "OPEN")
    found = await do(
        api, "identifyCustomer", IDENTIFY, sessionId=first["session"]["id"], known={"email": "anna@example.nl"}
    )
    assert (found["recognition"], found["session"]["phase"]) == ("RECOGNISED", "EXPLORATION")
    second = await start(api, Role.FRONTEND, channel="web", known={"cookie": "c-17"})
    assert second["session"]["customer"]["name"] == "Anna Bakker"


async def test_a_repeat_under_one_key_is_one_contact(api: Api, company: Database) -> None:
    given: dict[str, Any] = {"known": {"phone": "+31612345678"}, "idempotencyKey": "call-9"}
    (before,) = await counted(company, "customer_session")
    assert await start(api, **given) == await start(api, **given)
    assert await counted(company, "customer_session", "outbound_command") == [before + 1, 1]


async def test_a_customer_conducts_his_own_contact_and_sees_no_other(api: Api) -> None:
    own = await do(api, "startSession", START, Role.CUSTOMER, ANNA, channel="app")
    session = own["session"]
    assert (session["customer"]["name"], session["identificationLevel"]) == ("Anna Bakker", "AUTHENTICATED")
    cor = CustomerId(uid("Cor Smit"))
    document = "mutation($input: WrapUpSessionInput!) { wrapUpSession(input: $input) { problems { code } } }"
    theirs = await do(api, "wrapUpSession", document, Role.CUSTOMER, cor, sessionId=session["id"])
    assert theirs == {"problems": [{"code": "NOT_FOUND"}]}


async def test_a_transfer_keeps_the_session_and_tells_its_legs(api: Api) -> None:
    session = (await start(api, known={"phone": "+31612345678"}))["session"]
    moved = await step(api, "transferSession", session, channel="branch", queue="amsterdam")
    assert (moved["session"]["state"], moved["session"]["agent"]) == ("WAITING", None)
    resumed = await step(api, "resumeSession", session, Role.SUPERVISOR)
    assert (resumed["session"]["id"], resumed["session"]["state"]) == (session["id"], "ACTIVE")
    answer = await api.ask(
        "query($id: ID!) { node(id: $id) { ... on CustomerSession { legs { number channel agent result } } } }",
        {"id": session["id"]},
    )
    assert answer.data["node"]["legs"] == [
        {"number": 1, "channel": "call-centre", "agent": "development:agent", "result": "TRANSFERRED"},
        {"number": 2, "channel": "branch", "agent": "development:supervisor", "result": None},
    ]


async def test_a_session_that_waits_for_one_agent_is_not_taken_by_another(api: Api, company: Database) -> None:
    session = (await start(api))["session"]
    await step(api, "transferSession", session, agent="somebody-else")
    before = await counted(company, *EVERYTHING)
    refused = await step(api, "resumeSession", session)
    message = "the session waits for another agent"
    assert refused["problems"] == [{"code": "CONFLICT", "message": message, "path": []}]
    assert await counted(company, *EVERYTHING) == before


async def test_nobody_acts_in_a_session_that_waits_for_another_agent(api: Api, company: Database) -> None:
    session = (await start(api))["session"]
    await step(api, "transferSession", session, agent="somebody-else")
    before = await counted(company, *EVERYTHING)
    for name in ("authenticateSession", "wrapUpSession"):
        refused = await step(api, name, session)
        assert [problem["code"] for problem in refused["problems"]] == ["CONFLICT"]
    assert await counted(company, *EVERYTHING) == before


async def test_who_acts_in_a_session_that_waits_in_a_queue_begins_a_leg_of_his_own(api: Api) -> None:
    session = (await start(api, known={"phone": "+31612345678"}))["session"]
    await step(api, "transferSession", session, queue="second-line")
    await step(api, "authenticateSession", session, Role.SUPERVISOR)
    read = "query($id: ID!) { node(id: $id) { ... on CustomerSession { agent legs { number agent result } } } }"
    assert (await api.ask(read, {"id": session["id"]})).data["node"] == {
        "agent": "development:supervisor",
        "legs": [
            {"number": 1, "agent": "development:agent", "result": "TRANSFERRED"},
            {"number": 2, "agent": "development:supervisor", "result": None},
        ],
    }


async def test_a_customer_goes_on_in_another_channel(api: Api) -> None:
    own = await do(api, "startSession", START, Role.CUSTOMER, ANNA, channel="web")
    document = "mutation($input: ResumeSessionInput!) { resumeSession(input: $input) { session { channel state } } }"
    given = {"sessionId": own["session"]["id"], "channel": "app"}
    there = await do(api, "resumeSession", document, Role.CUSTOMER, ANNA, **given)
    assert there["session"] == {"channel": "app", "state": "ACTIVE"}


async def test_what_was_said_at_the_end_goes_to_sales(api: Api, company: Database) -> None:
    session = (await start(api, known={"phone": "+31612345678"}))["session"]
    after = await step(api, "wrapUpSession", session, close=False)
    assert (after["session"]["phase"], after["session"]["state"]) == ("WRAP_UP", "WRAP_UP")
    api.clock.forward(timedelta(minutes=2))
    feedback = {"csat": 5, "nps": 9}
    closed = await step(api, "wrapUpSession", session, disposition="Address corrected", feedback=feedback)
    assert (closed["session"]["state"], closed["session"]["result"]) == ("CLOSED", "COMPLETED")
    (told,) = await wanted(company, "wrap_up")
    assert told == {
        "id": session["contactId"],
        "customer": "crm-anna",
        "channel": "call-centre",
        "direction": "INBOUND",
        "agent": "development:agent",
        "started_at": "2026-03-02T12:00:00Z",
        "ended_at": "2026-03-02T12:02:00Z",
        "result": "COMPLETED",
        "disposition": "Address corrected",
        "csat": 5,
        "nps": 9,
        "dialogs": [],
    }
    again = await step(api, "wrapUpSession", session)
    assert again["problems"][0]["code"] == "CONFLICT"


async def test_by_default_sales_hears_of_no_contact_without_commerce(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with serving(database_url, tmp_path) as api:
        session = (await start(api, known={"phone": "+31612345678"}))["session"]
        await step(api, "wrapUpSession", session)
    assert await counted(company, "outbound_command") == [0]


async def test_quiet_sessions_end_by_schedule_each_after_its_channels_time(api: Api, company: Database) -> None:
    call = (await start(api, known={"phone": "+31612345678"}))["session"]
    chat = (await start(api, Role.FRONTEND, channel="chat"))["session"]
    async with company.transaction() as connection:
        assert await end_quiet_sessions(connection, DEFAULT_CONTACT, NOW + timedelta(minutes=29), 10) == 0
        assert await end_quiet_sessions(connection, DEFAULT_CONTACT, NOW + timedelta(minutes=31), 10) == 1
        assert await end_quiet_sessions(connection, DEFAULT_CONTACT, NOW + timedelta(minutes=121), 10) == 1
        assert await end_quiet_sessions(connection, DEFAULT_CONTACT, NOW + timedelta(days=9), 10) == 0
    document = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on CustomerSession { state result phase } } }"
    answer = await api.ask(document, {"ids": [call["id"], chat["id"]]})
    assert answer.data["nodes"] == [
        {"state": "CLOSED", "result": "TIMED_OUT", "phase": "WRAP_UP"},
        {"state": "CLOSED", "result": "ABANDONED", "phase": "WRAP_UP"},
    ]
    assert len(await wanted(company, "wrap_up")) == 1


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"channel": "cal-centre"}, ["channel"]),
        ({"known": {"phone": "12"}}, ["known", "phone"]),
        ({"known": {"email": "nobody"}}, ["known", "email"]),
        ({"known": {"cookie": "x" * 321}}, ["known", "cookie"]),
        ({"newCustomer": {"name": "Nobody to reach"}}, ["newCustomer"]),
        ({"newCustomer": {"name": " "}, "known": {"phone": "+31687654321"}}, ["newCustomer", "name"]),
        ({"reason": " "}, ["reason"]),
        ({"startedAt": (NOW + timedelta(minutes=6)).isoformat()}, ["startedAt"]),
        ({"startedAt": (NOW - timedelta(days=8)).isoformat()}, ["startedAt"]),
    ],
)
async def test_what_cannot_begin_leaves_nothing_behind(
    api: Api, company: Database, given: dict[str, Any], path: list[str]
) -> None:
    before = await counted(company, *EVERYTHING)
    payload = await start(api, **given)
    assert [(problem["code"], problem["path"]) for problem in payload["problems"]] == [("INVALID", path)]
    assert await counted(company, *EVERYTHING) == before


async def test_a_proof_needs_a_customer_and_a_score_its_scale(api: Api, company: Database) -> None:
    session = (await start(api))["session"]
    before = await counted(company, *EVERYTHING)
    proof = await step(api, "authenticateSession", session)
    assert [problem["code"] for problem in proof["problems"]] == ["CONFLICT"]
    scored = await step(api, "wrapUpSession", session, feedback={"csat": 6})
    assert scored["problems"] == [{"code": "INVALID", "message": "CSAT goes from 1 to 5", "path": ["feedback", "csat"]}]
    found = await step(api, "wrapUpSession", session, result="TIMED_OUT")
    assert [problem["path"] for problem in found["problems"]] == [["result"]]
    assert await counted(company, *EVERYTHING) == before


async def test_an_incident_is_shown_counted_and_ended(api: Api) -> None:
    declare = "mutation($input: DeclareIncidentInput!) { declareIncident(input: $input) { incident { id contacts } } }"
    outage = (
        await do(
            api, "declareIncident", declare, Role.SUPERVISOR, message="No internet in Utrecht", topics=["complaint"]
        )
    )["incident"]
    found = await api.ask("query($id: ID!) { node(id: $id) { __typename id } }", {"id": outage["id"]})
    assert found.data["node"] == {"__typename": "Incident", "id": outage["id"]}
    shown = """mutation($input: StartSessionInput!) { startSession(input: $input) {
      session { incidents { message topics contacts suspendsOffers } } } }"""
    payload = await do(api, "startSession", shown, channel="chat", topic="complaint")
    told = {"message": "No internet in Utrecht", "topics": ["complaint"], "contacts": 1, "suspendsOffers": True}
    assert payload["session"]["incidents"] == [told]
    await do(api, "startSession", shown, channel="chat", topic="opening-hours")
    end = (
        "mutation($input: EndIncidentInput!) { endIncident(input: $input) { incident { contacts } problems { code } } }"
    )
    assert (await do(api, "endIncident", end, Role.SUPERVISOR, incidentId=outage["id"]))["incident"]["contacts"] == 1
    again = await do(api, "endIncident", end, Role.SUPERVISOR, incidentId=outage["id"])
    assert again["problems"] == [{"code": "CONFLICT"}]
    assert (await do(api, "startSession", shown, channel="chat", topic="complaint"))["session"]["incidents"] == []
