"""The contact history names the lead that an entry is about, by statements and by resolvers, at its own time."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from hub.access.principal import Role
from hub.records.identity import CustomerId
from hub.records.leads import LeadOutcome
from hub.store.engine import Database
from tests.leads.opening import answered, opened, row_of
from tests.schema.both_ways import both_ways
from tests.schema.company import NOW, uid

HISTORY = """{ customer(by: {email: "anna@example.nl"}) {
  timeline(first: 10) { edges { node { at kind lead { number state rating } } } } } }"""


@pytest.mark.slow
async def test_entries_about_a_lead_name_it(company: Database, database_url: str, tmp_path: Path) -> None:
    lead = await opened(company, NOW)
    number = (await row_of(company, lead))["number"]
    await answered(company, lead, LeadOutcome.INTEREST, NOW + timedelta(hours=3), occurred_at=NOW + timedelta(hours=1))
    async with both_ways(database_url, tmp_path) as both:
        compiled, resolved, ways = await both.ask(HISTORY)
        refused, _, _ = await both.ask(HISTORY, role=Role.CUSTOMER, customer=CustomerId(uid("Anna Bakker")))
    assert compiled == resolved
    assert ways["customer"].startswith("compiled")
    nodes = [edge["node"] for edge in json.loads(compiled.data)["customer"]["timeline"]["edges"]]
    told = {"number": number, "state": "IN_PROGRESS", "rating": "WARM"}
    assert [(node["kind"], node["at"]) for node in nodes if node["lead"] == told] == [
        ("LEAD_CHANGED", "2026-03-02T15:00:00Z"),
        ("LEAD_ANSWERED", "2026-03-02T13:00:00Z"),
        ("LEAD_OPENED", "2026-03-02T12:00:00Z"),
    ]
    assert refused.errors
