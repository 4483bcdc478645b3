"""The privacy officer asks the audit trail at the machine."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID

from hub.store.audit import Deed, record_deeds
from hub.store.forget_audit import forget_audit
from hub.store.origin import Origin
from hub.store.seal_audit import seal_audit
from tests.cli.company import Company
from tests.flows.building import RULES, at

ANNA, BEN = UUID(int=1), UUID(int=2)


async def noted(company: Company) -> None:
    """Two looks at Anna, the second unexplained, and a merge of her and Ben."""
    place, both = {"place": "Query.customer"}, {"customers": [str(ANNA), str(BEN)]}
    origin = Origin("192.0.2.7", "complaint")
    deeds = [
        (Deed("agent:1", "read", "Customer", str(ANNA), detail=place, origin=origin), at(1)),
        (Deed("agent:2", "read", "Customer", str(ANNA), detail=place), at(2)),
        (Deed("steward:1", "mergeCustomer", "Customer", str(ANNA), detail=both), at(3)),
    ]
    async with company.database.transaction() as connection:
        await record_deeds(connection, deeds)


async def listed(company: Company, *arguments: str) -> list[tuple[str, str]]:
    """Who did what."""
    said = await company.hub("audit", "list", "--json", *arguments)
    return [(row["principal"], row["action"]) for row in map(json.loads, said.output.splitlines())]


async def test_it_lists_who_looked_why_and_from_where_and_is_noted(company: Company) -> None:
    await noted(company)
    said = (await company.hub("audit", "list", "--customer", str(ANNA), "--limit", "3")).output
    assert [word in said for word in ("agent:1", "complaint", "192.0.2.7", "place=Query.customer")] == [True] * 4
    assert "3 events" in said
    rows = await company.rows("SELECT principal, action, object_id FROM audit_event ORDER BY id DESC LIMIT 1")
    assert [(principal[:4], *rest) for principal, *rest in rows] == [("cli:", "auditEntries", str(ANNA))]


async def test_filters_narrow_it_and_a_merge_is_about_both(company: Company) -> None:
    await noted(company)
    merge, first, second = ("steward:1", "mergeCustomer"), ("agent:1", "read"), ("agent:2", "read")
    assert await listed(company, "--customer", str(BEN)) == [merge]
    assert await listed(company, "--unexplained") == [second]
    assert await listed(company, "--principal", "agent:1") == [first]
    assert await listed(company, "--kind", "CHANGE") == [merge]
    assert await listed(company, "--until", at(3).isoformat(), "--since", at(2).isoformat()) == [second]
    assert (await company.hub("audit", "list", "--customer", "Anna")).code == "INVALID"


async def test_it_says_from_when_on_nothing_is_left(company: Company) -> None:
    await noted(company)
    async with company.database.transaction() as connection:
        await seal_audit(connection, RULES.keys, at(4), 10)
    async with company.database.transaction() as connection:
        assert await forget_audit(connection, RULES.keys, at(5) + timedelta(days=1), 10) == 3
    said = (await company.hub("audit", "list")).output
    assert f"0 events; what is from before {at(4):%Y-%m-%d %H:%M:%S}Z went by schedule" in said
