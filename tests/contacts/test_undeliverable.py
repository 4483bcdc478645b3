"""An address that takes nothing is seen in every channel until it is corrected, and orders go on with the right one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from hub.access.principal import Role
from hub.store.engine import Database
from tests.contacts.conducting import counted, do, start, wanted
from tests.contacts.test_back_office import sold
from tests.flows.building import apply_page, content, declare_flow, page, person
from tests.schema.serving import Api

REPORT = """mutation($input: ReportUndeliverableInput!) { reportUndeliverable(input: $input) {
  customers problems { code path } } }"""
VIEW = """query($email: String!) { customer(by: {email: $email}) {
  contactMedia { id value undeliverable { since reason reportedBy } }
  timeline(first: 3) { edges { node { kind subject session { id } } } } } }"""
CORRECT = """mutation($input: CorrectContactMediumInput!) { correctContactMedium(input: $input) {
  customer { contactMedia { value undeliverable { since } } } problems { code } } }"""
pytestmark = pytest.mark.slow

BOUNCE = {"value": " ANNA@example.nl ", "reason": "550 5.1.1 no such mailbox"}


async def report(api: Api, **given: Any) -> Any:
    bounce: dict[str, Any] = {**BOUNCE, **given}
    return await do(api, "reportUndeliverable", REPORT, Role.SYSTEM, **bounce)


async def view(api: Api, email: str) -> Any:
    return (await api.ask(VIEW, {"email": email})).data["customer"]


async def test_a_bounce_is_seen_at_the_customer_and_told_once(desk: Api) -> None:
    assert await report(desk) == {"customers": 1, "problems": []}
    assert await report(desk, reason="again") == {"customers": 1, "problems": []}
    seen = await view(desk, "anna@example.nl")
    marks = {medium["value"]: medium["undeliverable"] for medium in seen["contactMedia"]}
    assert marks["anna@example.nl"] == {
        "since": "2026-03-02T12:00:00Z",
        "reason": "550 5.1.1 no such mailbox",
        "reportedBy": "development:system",
    }
    assert [mark for value, mark in marks.items() if value != "anna@example.nl"] == [None]
    told = [edge["node"] for edge in seen["timeline"]["edges"]]
    assert told == [{"kind": "MEDIUM_UNDELIVERABLE", "subject": "EMAIL: 550 5.1.1 no such mailbox", "session": None}]


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"value": "nobody@example.nl"}, {"code": "NOT_FOUND", "path": []}),
        ({"value": "no address"}, {"code": "INVALID", "path": ["value"]}),
        ({"kind": "WEBSITE"}, {"code": "INVALID", "path": ["kind"]}),
        ({"reason": " "}, {"code": "INVALID", "path": ["reason"]}),
    ],
)
async def test_what_cannot_be_marked_is_a_problem_and_nothing_is_kept(
    desk: Api, company: Database, given: dict[str, str], problem: dict[str, Any]
) -> None:
    assert await report(desk, **given) == {"customers": 0, "problems": [problem]}
    assert await counted(company, "undeliverable_medium") == [0]


async def test_a_steward_reports_nothing_of_the_kind(desk: Api, company: Database) -> None:
    answer = await desk.ask(REPORT, {"input": BOUNCE}, role=Role.STEWARD)
    assert answer.codes == ["FORBIDDEN"]
    assert await counted(company, "undeliverable_medium") == [0]


async def test_after_the_correction_nothing_is_marked_and_the_back_office_is_told_the_address(
    desk: Api, company: Database
) -> None:
    lane = await declare_flow(company, "cm")
    await apply_page(company, lane, page(content("7", person("Sanne", "sanne@exmaple.nl"), 0)))
    assert (await report(desk, value="sanne@exmaple.nl"))["customers"] == 1
    session = (await start(desk, known={"email": "sanne@exmaple.nl"}))["session"]
    request = await sold(desk, email="sanne@exmaple.nl")
    medium = (await view(desk, "sanne@exmaple.nl"))["contactMedia"][0]["id"]
    desk.clock.forward(timedelta(minutes=1))
    given = {"contactMediumId": medium, "value": "sanne@example.nl", "sessionId": session["id"]}
    done = await do(desk, "correctContactMedium", CORRECT, **given)
    assert done == {
        "customer": {"contactMedia": [{"value": "sanne@example.nl", "undeliverable": None}]},
        "problems": [],
    }
    assert await counted(company, "undeliverable_medium") == [0]
    last = (await view(desk, "sanne@example.nl"))["timeline"]["edges"][0]["node"]
    assert last == {"kind": "MEDIUM_CORRECTED", "subject": "EMAIL", "session": {"id": session["id"]}}
    told = [change for change in await wanted(company, "business_request") if change["id"] == request["number"]]
    assert {"id": request["number"], "email": "sanne@example.nl"} in told


async def test_a_correction_in_somebody_elses_session_changes_nothing(desk: Api, company: Database) -> None:
    session = (await start(desk, known={"email": "thuis@example.nl"}))["session"]
    medium = (await view(desk, "anna@example.nl"))["contactMedia"][0]["id"]
    given = {"contactMediumId": medium, "value": "a@example.nl", "sessionId": session["id"]}
    done = await do(desk, "correctContactMedium", CORRECT, **given)
    assert [problem["code"] for problem in done["problems"]] == ["NOT_FOUND"]
    assert await counted(company, "correction") == [0]
