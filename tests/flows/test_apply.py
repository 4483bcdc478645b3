"""Apply: what a page does to the golden record."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import text

from hub.errors import StaleEpoch
from hub.records.belongings import SalesOrderRecord
from hub.records.enums import RequestState
from hub.records.identity import Entity
from hub.store.documents import versions_of
from hub.store.engine import Database
from tests.flows.building import RULES, apply_page, at, content, declare_flow, golden_state, page, person

JAN = person("Jan de Vries", "jan@example.com", "06-12345678")


async def counted(database: Database, table: str) -> int:
    async with database.reading() as connection:
        return await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0


async def test_a_new_record_becomes_a_golden_customer(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    applied = await apply_page(database, crm, page(content("1", JAN, 1)))
    assert applied.counters["created"] == 1
    assert await golden_state(database) == [
        (
            ["crm:1"],
            "Jan de Vries",
            "PERSON",
            False,
            ["EMAILjan@example.comjan@example.comcrm1", "PHONE+3161234567806-12345678crm1"],
            None,
        )
    ]


async def test_the_same_page_again_writes_nothing(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    incoming = page(content("1", JAN, 1), content("2", person("Piet", "piet@example.com"), 1))
    await apply_page(database, crm, incoming)
    again = await apply_page(database, crm, incoming)
    assert (again.counters["created"], again.counters["changed"], again.counters["unchanged"]) == (0, 0, 2)
    assert await counted(database, "document_version") == 2
    assert await counted(database, "customer_history") == 2
    assert await counted(database, "change_pending") == 2


async def test_two_systems_that_share_a_phone_are_one_customer(database: Database) -> None:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    await apply_page(database, crm, page(content("1", JAN, 1)))
    await apply_page(database, lms, page(content("9", person("J. de Vries", "+31 6 12345678"), 2)))
    (customer,) = await golden_state(database)
    assert customer[:2] == (["crm:1", "lms:9"], "Jan de Vries")


async def test_an_email_shared_within_one_system_links_nobody(database: Database) -> None:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    family = "familie@example.com"
    await apply_page(database, crm, page(content("1", person("Jan", family), 1)))
    await apply_page(database, lms, page(content("9", person("Mia", family), 1)))
    assert [c[0] for c in await golden_state(database)] == [["crm:1", "lms:9"]]
    await apply_page(database, crm, page(content("2", person("Mia", family), 1)))
    assert [c[0] for c in await golden_state(database)] == [["crm:1"], ["crm:2"], ["lms:9"]]


async def test_an_id_that_lost_its_records_resolves_to_the_one_that_has_them(database: Database) -> None:
    crm, lms = await declare_flow(database, "crm"), await declare_flow(database, "lms")
    await apply_page(database, crm, page(content("1", person("Jan", "jan@example.com"), 1)))
    await apply_page(database, lms, page(content("9", person("Jan", "other@example.com"), 1)))
    await apply_page(database, lms, page(content("9", person("Jan", "jan@example.com"), 2)))
    async with database.reading() as connection:
        resolved = await connection.scalar(
            text("SELECT count(*) FROM customer_alias a JOIN customer c ON c.id = a.current_id")
        )
    assert (len(await golden_state(database)), resolved) == (1, 1)


async def test_an_older_record_is_stale_and_changes_nothing(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    await apply_page(database, crm, page(content("1", person("New"), 5)))
    applied = await apply_page(database, crm, page(content("1", person("Old"), 3)))
    assert applied.counters["stale"] == 1
    assert [c[1] for c in await golden_state(database)] == ["New"]


async def test_a_change_behind_a_read_by_id_is_doubtful(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    await apply_page(database, crm, page(content("1", person("Read"), 5, stamp=at(1))))
    applied = await apply_page(database, crm, page(content("1", person("Late commit"), 3)))
    assert applied.doubtful == {"1"}


async def test_a_deleted_customer_is_marked_and_keeps_its_values(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    await apply_page(database, crm, page(content("1", JAN, 1)))
    applied = await apply_page(database, crm, page(gone={"1": at(2)}))
    assert applied.counters["deleted"] == 1
    assert [c[1:4] for c in await golden_state(database)] == [("Jan de Vries", "PERSON", True)]


async def test_an_order_that_comes_before_its_customer_finds_it(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    orders = await declare_flow(database, "crm", Entity.SALES_ORDER)
    order = SalesOrderRecord(customer="1", state=RequestState.COMPLETED)
    await apply_page(database, orders, page(content("77", order, 1)))
    await apply_page(database, crm, page(content("1", JAN, 2)))
    assert [c[5] for c in await golden_state(database)] == [["77COMPLETEDfalse"]]


async def test_an_order_that_came_back_and_went_within_one_page_is_gone(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    orders = await declare_flow(database, "crm", Entity.SALES_ORDER)
    order = SalesOrderRecord(customer="1", state=RequestState.COMPLETED)
    await apply_page(database, crm, page(content("1", JAN, 1)))
    await apply_page(database, orders, page(content("77", order, 1)))
    await apply_page(database, orders, page(gone={"77": at(2)}))
    applied = await apply_page(database, orders, page(content("77", order, 3), gone={"77": at(4)}))
    assert applied.counters["deleted"] == 1
    assert [c[5] for c in await golden_state(database)] == [["77COMPLETEDtrue"]]


async def test_an_order_older_than_its_tombstone_which_came_first_is_gone(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    orders = await declare_flow(database, "crm", Entity.SALES_ORDER)
    order = SalesOrderRecord(customer="1", state=RequestState.COMPLETED)
    await apply_page(database, crm, page(content("1", JAN, 1)))
    await apply_page(database, orders, page(gone={"77": at(3)}))
    await apply_page(database, orders, page(content("77", order, 2)))
    assert [c[5] for c in await golden_state(database)] == [["77COMPLETEDtrue"]]
    await apply_page(database, orders, page(content("77", order, 4)))
    assert [c[5] for c in await golden_state(database)] == [["77COMPLETEDfalse"]]


async def test_a_tombstone_older_than_the_content_is_stale_and_deletes_nothing(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    await apply_page(database, crm, page(content("1", JAN, 2)))
    applied = [await apply_page(database, crm, page(gone={"1": at(1)})) for _ in "12"]
    assert [one.counters["stale"] for one in applied] == [1, 1]
    assert [c[3] for c in await golden_state(database)] == [False]


async def test_a_write_of_an_old_epoch_is_refused_whole(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE information_flow SET epoch = 2"))
    with pytest.raises(StaleEpoch, match="at epoch 2"):
        await apply_page(database, crm, page(content("1", JAN, 1)))
    assert await golden_state(database) == []
    applied = await apply_page(database, dataclasses.replace(crm, epoch=2), page(content("1", JAN, 1)))
    assert applied.counters["created"] == 1


async def test_every_accepted_content_can_be_read_back(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    await apply_page(database, crm, page(content("1", person("One"), 1)))
    await apply_page(database, crm, page(content("1", person("Two"), 2)))
    async with database.reading() as connection:
        versions = await versions_of(connection, RULES.keys, "crm", "customer", "1")
    assert [v.document for v in versions] == [b'{"name":"One"}', b'{"name":"Two"}']


async def test_an_erased_person_is_not_taken_in_again(database: Database) -> None:
    crm = await declare_flow(database, "crm")
    await apply_page(database, crm, page(content("1", person("One"), 1)))
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE subject_key SET wrapped = NULL"))
    applied = await apply_page(database, crm, page(content("1", person("Two"), 2)))
    assert (applied.counters["erased"], applied.counters["changed"]) == (1, 0)
