"""How fresh every part of a view is, by statements and by resolvers alike."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import text

from hub.store.engine import Database
from tests.schema.both_ways import Both, both_ways
from tests.schema.company import NOW, gid, uid
from tests.schema.matrix import object_types

FRESH = "freshness { observedAt cadence stale }"
VIEW = f"""
query($id: ID!) {{ customer(by: {{id: $id}}) {{
  contactMedia {{ source {FRESH} }} addresses {{ {FRESH} }} provenance {{ field rule {FRESH} }}
  orders(first: 1) {{ edges {{ node {{ {FRESH} }} }} }} requests(first: 1) {{ edges {{ node {{ {FRESH} }} }} }}
  leads(first: 1) {{ edges {{ node {{ {FRESH} }} }} }}
  productHoldings {{ {FRESH} }} campaignMemberships {{ {FRESH} }} consents {{ {FRESH} }} }} }}
"""


def at(hours: int) -> str:
    return (NOW - timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


async def view(both: Both) -> dict[str, Any]:
    """The customer's parts; both ways told the same, and one statement read all of it."""
    compiled, resolved, ways = await both.ask(VIEW, {"id": gid("Customer", uid("Anna Bakker"))})
    assert ways == {"customer": "compiled"}
    assert compiled == resolved
    assert compiled.errors == []
    found: dict[str, Any] = json.loads(compiled.data)["customer"]
    return found


async def test_every_part_tells_its_cadence_and_when_it_is_overdue(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    async with both_ways(database_url, tmp_path) as both:
        told = await view(both)
        fresh = {"observedAt": at(4), "cadence": "DAILY", "stale": False}
        assert [one["freshness"] for one in told["contactMedia"]] == [fresh, fresh]
        assert {one["field"]: one["freshness"] for one in told["provenance"]} == {"familyName": fresh, "name": fresh}
        nobody_brings = {"observedAt": at(24), "cadence": None, "stale": False}
        for part in ("productHoldings", "campaignMemberships", "consents"):
            assert [one["freshness"] for one in told[part]] == [nobody_brings]
        for part in ("orders", "requests", "leads"):
            assert [edge["node"]["freshness"] for edge in told[part]["edges"]] == [nobody_brings]
        async with company.transaction() as connection:
            await connection.execute(text("UPDATE flow_run SET started_at = started_at - interval '40 hours'"))
            await connection.execute(text("UPDATE source_record SET observed_at = observed_at - interval '40 hours'"))
        overdue = (await view(both))["contactMedia"][0]["freshness"]
        assert overdue == {"observedAt": at(44), "cadence": "DAILY", "stale": True}
        async with company.transaction() as connection:
            await connection.execute(text("UPDATE connected_system SET state = 'SUSPENDED' WHERE name = 'crm'"))
        assert (await view(both))["consents"][0]["freshness"]["stale"] is True


def test_no_part_of_a_view_keeps_its_freshness_to_itself() -> None:
    sourced = {kind.name for kind in object_types() if any(one.name == "Sourced" for one in kind.interfaces)}
    assert sourced
    without = {kind.name for kind in object_types() if kind.name in sourced and "freshness" not in kind.fields}
    assert without == {"ConflictingValue"}
