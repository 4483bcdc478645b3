"""Whom recognition joins or parts by itself: the trail tells it under every id."""

from __future__ import annotations

from uuid import UUID

import pytest

from hub.customers.identifiers import Node
from hub.reads.audit import AuditAsked, ask_audit
from hub.reads.paging import Window
from hub.store.engine import Database
from tests.flows.building import apply_page, at, content, page, person
from tests.likeness.building import customer, let_experience_decide, link
from tests.likeness.test_links import JAN
from tests.stewardship.building import owner
from tests.stewardship.test_own_rows import lanes_of, split

pytestmark = pytest.mark.slow


async def trail(database: Database, customer_id: UUID) -> list[tuple[str, object, object]]:
    """What recognition did, oldest first, found by this id: the act, the record, by which weights."""
    async with database.transaction() as connection:
        found = await ask_audit(connection, AuditAsked(customer=customer_id), Window(50), "privacy", at(30_000))
    told = [one for one in found.rows if one.principal == "recognition"]
    return [(one.action, one.detail["externalId"], one.detail.get("weights")) for one in reversed(told)]


async def test_the_trail_tells_of_a_joining_by_an_identifier_under_both_ids_once_they_are_parted(
    database: Database,
) -> None:
    crm, lms = await lanes_of(database, "crm", "lms")
    await apply_page(database, crm, page(content("1", person("Jan", "jan@example.com"), 1)))
    await apply_page(database, lms, page(content("9", person("Jan", "j@example.com"), 1)))
    people = {await owner(database, "crm", "1"), await owner(database, "lms", "9")}
    assert [await trail(database, one) for one in people] == [[], []]
    await apply_page(database, lms, page(content("9", person("Jan", "jan@example.com"), 2)))
    for one in people:
        assert await trail(database, one) == [("linkCustomer", "9", None)]
    await apply_page(database, lms, page(content("9", person("Jan", "j@example.com"), 3)))
    assert {await owner(database, "crm", "1"), await owner(database, "lms", "9")} == people
    for one in people:
        assert await trail(database, one) == [("linkCustomer", "9", None), ("partCustomer", "9", None)]


async def test_the_trail_tells_of_a_joining_by_likeness_under_both_ids_after_the_split(database: Database) -> None:
    crm, lms = await lanes_of(database, "crm", "lms")
    await let_experience_decide(database)
    await apply_page(database, crm, page(content("1", customer(JAN), 1)))
    await apply_page(database, lms, page(content("2", customer(JAN._replace(phone="0612345678")), 1)))
    people = {await owner(database, "crm", "1"), await owner(database, "lms", "2")}
    assert len(people) == 2
    await link(database)
    joined = await owner(database, "crm", "1")
    await split(database, joined, Node("lms", "2"))
    assert {await owner(database, "crm", "1"), await owner(database, "lms", "2")} == people
    for one in people:
        assert await trail(database, one) == [("linkCustomer", "2", 1)]
