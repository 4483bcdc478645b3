"""The letter that need not be printed: sentence by sentence, on real Trytons, by real mail, over HTTP and WebSocket."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from examples.demo.tryton.server import TrytonServer
from hub.store.engine import Database
from tests.schema.following import acknowledged
from tests.stories.marketing_company import (
    CAMPAIGN,
    PEOPLE,
    MarketingCompany,
    in_tryton,
    marketing_company,
    marketing_tryton,
    plan_campaign,
)
from tests.tryton_ground import Ground
from tests.waiting import until

pytestmark = pytest.mark.slow

LEADS = """{ leads(filter: {}) { edges { node {
  id number campaign customer { name } deliveries { channel state reason } } } } }"""
CONSENT = """mutation($customer: ID!) {
  recordConsent(input: {customerId: $customer, purpose: "marketing", status: GRANTED}) { problems { message } } }"""
START = """mutation($phone: String!) { startSession(input: {channel: "call-centre", known: {phone: $phone}}) {
  session { id customer { name leads { edges { node { id deliveries { channel state } } } } } }
  problems { message } } }"""
ANSWER = """mutation($input: RecordLeadResponseInput!) { recordLeadResponse(input: $input) {
  lead { state rating respondedAt deliveries { channel state reason } } problems { code message } } }"""
FOLLOW = "subscription($id: ID!) { leadUpdates(id: $id) { lead { respondedAt deliveries { channel state } } } }"


@pytest.fixture(scope="module")
def story_tryton(ground: Ground) -> Iterator[TrytonServer]:
    with marketing_tryton(ground) as server:
        yield server


async def test_the_letter_that_need_not_be_printed(
    story_tryton: TrytonServer, database: Database, database_url: str, tmp_path: Path
) -> None:
    async with marketing_company(story_tryton, database, database_url, tmp_path) as company:
        leads = await marketing_plans_an_outbound_campaign(company)
        await the_lms_spreads_it_over_mail_print_and_call_list_by_capacity(company, leads)
        session, lead = await a_customer_who_got_the_mail_calls_instead_of_clicking(company)
        await any_agent_ties_his_answer_to_the_lead(company, session, lead)
        await his_letter_is_taken_out_of_the_print_run_and_his_name_off_the_call_list(company)
        await cm_and_lms_know(company, leads)


async def leads_by_name(company: MarketingCompany) -> dict[str, Any]:
    nodes = [edge["node"] for edge in (await company.ask(LEADS))["leads"]["edges"]]
    return {node["customer"]["name"]: node for node in nodes if node["campaign"] == CAMPAIGN}


async def marketing_plans_an_outbound_campaign(company: MarketingCompany) -> dict[str, Any]:
    """In campaign management; the hub makes a lead of each member's place in it, and lead management gets them."""
    plan_campaign(company.cm, list(PEOPLE))
    for flow in ("lms-customers", "cm-customers"):
        await company.run_flow(flow)
    for phone in (number for _, number in PEOPLE.values()):
        customer = (await company.ask(f'{{ customer(by: {{phone: "{phone}"}}) {{ id }} }}'))["customer"]["id"]
        assert (await company.ask(CONSENT, customer=customer))["recordConsent"]["problems"] == []
    await company.run_flow("cm-memberships")

    async def opened() -> dict[str, Any] | None:
        found = await leads_by_name(company)
        return found if set(found) == set(PEOPLE) else None

    leads = await until(opened, what="the campaign's leads")

    async def in_the_lms() -> bool:
        rows = await in_tryton(company.lms, "sale.opportunity", [], "reference", "state")
        return {row["reference"] for row in rows} == {lead["number"] for lead in leads.values()}

    await until(in_the_lms, what="the leads in lead management")
    return leads


async def the_lms_spreads_it_over_mail_print_and_call_list_by_capacity(
    company: MarketingCompany, leads: dict[str, Any]
) -> None:
    """Two mails a day fit: the third customer is called instead. Everybody gets a letter as well."""
    await company.a_minute_passes("plan-leads", "close-print-runs")

    async def planned() -> dict[str, set[str]] | None:
        found = {
            name: {delivery["channel"] for delivery in lead["deliveries"]}
            for name, lead in (await leads_by_name(company)).items()
        }
        return found if all(found.values()) else None

    spread = await until(planned, what="the plan")
    assert sorted(map(sorted, spread.values())) == [
        ["calls", "letters"],
        ["calls", "letters", "mailing"],
        ["calls", "letters", "mailing"],
    ]
    await company.a_minute_passes("queue-mail")

    async def mailed() -> bool:
        return len(company.receiver.mails) == 2

    await until(mailed, what="two mails")
    mailed_to = {PEOPLE[name][0] for name, channels in spread.items() if "mailing" in channels}
    assert set(company.receiver.recipients) == mailed_to
    assert {mail["Subject"] for mail in company.receiver.mails} == {CAMPAIGN}


async def a_customer_who_got_the_mail_calls_instead_of_clicking(company: MarketingCompany) -> tuple[str, str]:
    """He is known by his number, and the agent sees what is on its way to him."""
    name = caller(company)
    started = (await company.ask(START, phone=PEOPLE[name][1]))["startSession"]
    assert started["problems"] == []
    customer = started["session"]["customer"]
    assert customer["name"] == name
    lead = next(edge["node"] for edge in customer["leads"]["edges"] if len(edge["node"]["deliveries"]) == 3)
    assert {one["channel"]: one["state"] for one in lead["deliveries"]} == {
        "mailing": "SENT",
        "letters": "PLANNED",
        "calls": "PLANNED",
    }
    return started["session"]["id"], lead["id"]


def caller(company: MarketingCompany) -> str:
    return next(name for name, (address, _) in PEOPLE.items() if address == company.receiver.recipients[0])


async def any_agent_ties_his_answer_to_the_lead(company: MarketingCompany, session: str, lead: str) -> None:
    """Whoever follows the lead hears of it in the same moment."""
    async with acknowledged(company.address, company.token()) as socket:
        await socket.subscribe(FOLLOW, {"id": lead})
        assert (await socket.hear())["payload"]["data"]["leadUpdates"]["lead"]["respondedAt"] is None
        given = {"leadId": lead, "sessionId": session, "outcome": "ACCEPTED", "idempotencyKey": "the call"}
        answered = (await company.ask(ANSWER, input=given))["recordLeadResponse"]
        assert answered["problems"] == []
        assert (answered["lead"]["state"], answered["lead"]["rating"]) == ("IN_PROGRESS", "HOT")
        while (heard := await socket.hear())["payload"]["data"]["leadUpdates"]["lead"]["respondedAt"] is None:
            pass
        told = heard["payload"]["data"]["leadUpdates"]["lead"]
        assert {one["channel"]: one["state"] for one in told["deliveries"]} == {
            "mailing": "SENT",
            "letters": "STOPPED",
            "calls": "STOPPED",
        }


async def his_letter_is_taken_out_of_the_print_run_and_his_name_off_the_call_list(company: MarketingCompany) -> None:
    """The others are printed, and called."""
    others = set(PEOPLE) - {caller(company)}
    listed = await company.ask('{ callList(channel: "calls") { edges { node { customer { name } } } } }')
    assert {edge["node"]["customer"]["name"] for edge in listed["callList"]["edges"]} == others
    runs = await company.ask('{ printRuns(channel: "letters") { edges { node { state letters } } } }')
    assert [edge["node"] for edge in runs["printRuns"]["edges"]] == [{"state": "OPEN", "letters": 2}]
    await company.the_hour_comes()

    async def printed() -> list[str] | None:
        return company.printed() or None

    assert set(await until(printed, what="the print run")) == others


async def cm_and_lms_know(company: MarketingCompany, leads: dict[str, Any]) -> None:
    """People there see it: at the opportunity, and the campaign has nothing more for him."""
    name = caller(company)
    number = leads[name]["number"]
    (opportunity,) = await in_tryton(company.lms, "sale.opportunity", [["reference", "=", number]], "state")
    place = f"sale.opportunity,{opportunity['id']}"

    async def lms_knows() -> bool:
        notes = await in_tryton(company.lms, "ir.note", [["resource", "=", place]], "message")
        told = [note["message"] for note in notes if "Outcome: ACCEPTED" in note["message"]]
        return any("Channel: call-centre" in message for message in told)

    await until(lms_knows, what="the answer in lead management")

    async def cm_knows() -> set[str] | None:
        blocked = await in_tryton(
            company.cm, "marketing.automation.record", [["blocked", "=", True]], "record.rec_name"
        )
        return {row["record."]["rec_name"] for row in blocked} or None

    assert await until(cm_knows, what="the answer in campaign management") == {name}
