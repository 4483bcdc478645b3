"""A copy of somebody's data holds what was his, and nothing of whoever had a thing before or after him."""

from __future__ import annotations

from uuid import UUID

import orjson

from hub.privacy.export import export
from hub.privacy.requests import Request
from hub.records.belongings import SalesOrderRecord
from hub.records.enums import RequestState
from hub.records.identity import Entity
from hub.store.engine import Database
from tests.flows.building import RULES, apply_page, at, content, declare_flow, page, person
from tests.flows.originals import body, customers_named, tell
from tests.stewardship.building import owner


def order(customer: str, words: str) -> SalesOrderRecord:
    return SalesOrderRecord(customer=customer, state=RequestState.COMPLETED, description=words)


async def history(database: Database, customer: UUID) -> list[tuple[str, int, str]]:
    """Entity, version and what it says."""
    async with database.transaction() as connection:
        done = await export(connection, customer, RULES.keys, "NL", Request("steward", "her letter", at(20_000)))
    told = orjson.loads(done.document)["parts"]["history"]
    return [(one["entity"], one["version"], one["content"].get("description", "")) for one in told]


async def test_every_version_stands_beside_what_it_was_mapped_from(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    said = {**body("Jan Smit", "Jan"), "shoe_size": 44}
    await tell(database, crm, "1", body("J. Smit", "Jan"), 1, customers_named("full_name", None))
    await tell(database, crm, "1", said, 2)
    async with database.transaction() as connection:
        jan = await owner(database, "crm", "1")
        done = await export(connection, jan, RULES.keys, "NL", Request("steward", "his letter", at(20_000)))
    originals = [one["original"] for one in orjson.loads(done.document)["parts"]["history"]]
    assert originals == [None, {"system": "crm", "content": said}]


async def test_an_order_that_changed_hands_is_in_each_copy_for_its_own_time(database: Database) -> None:
    crm, orders = await declare_flow(database, "crm"), await declare_flow(database, "crm", Entity.SALES_ORDER)
    await apply_page(database, crm, page(content("1", person("Jan Smit"), 1), content("2", person("Mia Bakker"), 1)))
    await apply_page(database, crm, page(content("1", person("Jan B. Smit"), 2)))
    for minute, record in ((2, order("1", "for Jan")), (3, order("1", "still for Jan")), (4, order("2", "for Mia"))):
        await apply_page(database, orders, page(content("77", record, minute)))
    assert await history(database, await owner(database, "crm", "1")) == [
        ("customer", 1, ""),
        ("customer", 2, ""),
        ("sales_order", 1, "for Jan"),
        ("sales_order", 2, "still for Jan"),
    ]
    assert await history(database, await owner(database, "crm", "2")) == [
        ("customer", 1, ""),
        ("sales_order", 3, "for Mia"),
    ]
