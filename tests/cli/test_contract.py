"""A contract is learned from what a system sends, agreed to, and drift from it is listed."""

from __future__ import annotations

import pytest

from tests.cli.company import Company, customer

pytestmark = pytest.mark.slow


async def test_a_draft_is_learned_agreed_to_and_drift_from_it_is_listed_once(company: Company) -> None:
    company.deliver(*(customer(number, LEVEL="GOLD") for number in range(1, 9)))
    draft = company.folder / "contracts" / "customer.yaml"
    said = await company.hub("contract", "learn", "crm", "customer", "--out", str(draft))
    assert (said.status, "from 8 objects" in said.output) == (0, True)
    assert "Customer 1" not in draft.read_text(encoding="utf-8")
    assert (await company.hub("contract", "learn", "crm", "customer", "--out", str(draft))).code == "CONFLICT"
    company.rewrite("contracts/customer.yaml", "policy: EVOLVE", "policy: DISCARD_ROW")
    company.rewrite("hub.yaml", "    mappings:", "    contracts: {customer: contracts/customer.yaml}\n    mappings:")
    assert "8 created" in (await company.hub("run", "weekly-customers")).output
    company.deliver(customer(1, LEVEL="GOLD"), customer(2, LEVEL=None), customer(3, LEVEL=None))
    await company.hub("run", "weekly-customers")
    for _ in range(2):
        listed = await company.hub("contract", "drifts", "--system", "crm")
        assert listed.output.count("MISSING_FIELD: it is null") == 1
        assert "DISCARD_ROW" in listed.output
    assert await company.rows("SELECT path, objects FROM contract_drift") == [("LEVEL", 2)]
    assert "MISSING_FIELD" not in (await company.hub("contract", "drifts", "--kind", "NEW_FIELD")).output


async def test_learning_takes_no_delivery_away(company: Company) -> None:
    company.deliver(customer(1))
    assert (
        "FULLNAME: {type: text, required: true}" in (await company.hub("contract", "learn", "crm", "customer")).output
    )
    assert "1 created" in (await company.hub("run", "weekly-customers")).output


async def test_what_cannot_be_learned_is_told(company: Company) -> None:
    company.deliver(customer(1))
    told = [
        await company.hub("contract", "learn", "crm", "sales_order"),
        await company.hub("contract", "learn", "crm", "person"),
        await company.hub("contract", "learn", "erp", "customer"),
    ]
    assert [said.code for said in told] == ["INVALID", "INVALID", "NOT_FOUND"]
