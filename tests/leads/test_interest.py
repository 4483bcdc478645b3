"""Contact events about propositions open leads, or answer those that run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from hub.records.enums import LeadRating
from hub.records.offers import ContactEventKind
from hub.settings.leads import InboundInterest, LeadRules
from hub.store.engine import Database
from tests.contacts.conducting import counted
from tests.leads.opening import opened, row_of
from tests.schema.company import gid, uid
from tests.schema.offering import OFFERING
from tests.schema.serving import Api, serving

pytestmark = pytest.mark.slow

RULES = LeadRules(
    inbound={"fibre-1000": InboundInterest(on=(ContactEventKind.ACCEPTED,), rating=LeadRating.HOT, name="Wants fibre")}
)
REPORT = """mutation($input: RecordContactEventsInput!) { recordContactEvents(input: $input) {
  recorded problems { code } } }"""
OWN = "sales_lead WHERE system = 'hub'"


@pytest.fixture
async def web(company: Database, database_url: str, tmp_path: Path) -> AsyncIterator[Api]:
    async with serving(database_url, tmp_path, offering=replace(OFFERING, leads=RULES)) as api:
        yield api


async def report(api: Api, event_id: str, kind: str, proposition: str = "fibre-1000", **given: Any) -> None:
    event = {
        "eventId": event_id, "customerId": gid("Customer", uid("Anna Bakker")), "kind": kind, "channel": "web",
        "occurredAt": api.clock().isoformat(), "proposition": proposition, **given,
    }  # fmt: skip
    answer = await api.ask(REPORT, {"input": {"events": [event]}})
    assert (answer.errors, answer.data["recordContactEvents"]["problems"]) == ([], [])


async def test_an_accepted_offer_becomes_one_lead(web: Api, company: Database) -> None:
    for _ in range(2):
        await report(web, "e1", "ACCEPTED")
    async with company.reading() as connection:
        row = (
            await connection.execute(text("SELECT * FROM sales_lead l JOIN lead_handling h ON h.lead_id = l.id"))
        ).one()
    assert (row.name, row.rating, row.direction, row.channel, row.event_id) == (
        "Wants fibre", "HOT", "INBOUND", "web", "e1",
    )  # fmt: skip


async def test_what_the_company_did_not_ask_for_opens_nothing(web: Api, company: Database) -> None:
    await report(web, "e1", "INTEREST")
    await report(web, "e2", "SHOWN")
    assert await counted(company, OWN) == [0]


async def test_an_answer_in_another_channel_ties_to_the_lead_that_runs(web: Api, company: Database) -> None:
    lead = await opened(company, source=("cm", "7"), now=web.clock())
    web.clock.forward(timedelta(minutes=1))
    await report(web, "e1", "SHOWN")
    assert await counted(company, "lead_response") == [0]
    await report(web, "e2", "ACCEPTED")
    row = await row_of(company, lead)
    assert (row["state"], row["rating"], row["responded_at"] is not None) == ("IN_PROGRESS", "HOT", True)
    assert await counted(company, OWN, "lead_response") == [1, 1]


async def test_what_happened_before_there_was_a_lead_answers_none(web: Api, company: Database) -> None:
    before = web.clock().isoformat()
    web.clock.forward(timedelta(minutes=5))
    lead = await opened(company, now=web.clock())
    await report(web, "e1", "REJECTED", occurredAt=before)
    assert ((await row_of(company, lead))["state"], await counted(company, "lead_response")) == ("ACKNOWLEDGED", [0])
