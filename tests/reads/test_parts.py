"""Parts of customers are read for many customers at once, each under the caller's reach."""

from __future__ import annotations

from uuid import uuid4

import pytest
from sqlalchemy import update

from hub.customers.belongings import SalesOrder
from hub.errors import Invalid
from hub.reads.belongings import FINISHED, LEADS, ORDERS, REQUESTS, RUNNING, lines_of
from hub.reads.paging import Window
from hub.reads.parts import counts_of, pages_of, parts_by_id
from hub.reads.reach import EVERYONE, Reach
from hub.store.engine import Database
from tests.schema.company import Person, add_alias, add_person, uid


@pytest.fixture
async def two(database: Database) -> Database:
    async with database.transaction() as connection:
        await add_person(connection, Person("Anna Bakker", orders=5))
        await add_person(connection, Person("Ben de Vries", orders=2))
    return database


ANNA, BEN = uid("Anna Bakker"), uid("Ben de Vries")


async def test_each_customer_gets_the_same_window_of_his_own_list(two: Database) -> None:
    async with two.reading() as connection:
        pages = await pages_of(connection, ORDERS, [BEN, ANNA, ANNA], EVERYONE, Window(3))
    assert [row.number for row in pages[ANNA].rows] == ["S5", "S4", "S3"]
    assert [row.number for row in pages[BEN].rows] == ["S2", "S1"]
    assert (pages[ANNA].has_next, pages[BEN].has_next) == (True, False)


async def test_pages_follow_each_other_without_gap_or_repeat(two: Database) -> None:
    seen: list[str | None] = []
    after = None
    async with two.reading() as connection:
        while True:
            page = (await pages_of(connection, ORDERS, [ANNA], EVERYONE, Window(2, after)))[ANNA]
            seen += [row.number for row in page.rows]
            if not page.has_next:
                break
            after = ORDERS.order.key_of(ORDERS.order.cursor_of(page.rows[-1]), "after")
    assert seen == ["S5", "S4", "S3", "S2", "S1"]


async def test_the_last_page_keeps_the_order_of_the_list(two: Database) -> None:
    async with two.reading() as connection:
        page = (await pages_of(connection, ORDERS, [ANNA], EVERYONE, Window(2, backwards=True)))[ANNA]
        before = ORDERS.order.key_of(ORDERS.order.cursor_of(page.rows[0]), "before")
        earlier = (await pages_of(connection, ORDERS, [ANNA], EVERYONE, Window(2, None, before, backwards=True)))[ANNA]
    assert [row.number for row in page.rows] == ["S2", "S1"]
    assert (page.has_previous, page.has_next) == (True, False)
    assert [row.number for row in earlier.rows] == ["S4", "S3"]
    assert (earlier.has_previous, earlier.has_next) == (True, True)


async def test_a_customer_reaches_nobody_elses_parts(two: Database) -> None:
    async with two.reading() as connection:
        pages = await pages_of(connection, ORDERS, [ANNA, BEN], Reach(BEN), Window(9))
        counts = await counts_of(connection, ORDERS, [ANNA, BEN], Reach(BEN))
        by_id = await parts_by_id(connection, ORDERS, [uid("Anna Bakker order 1")], Reach(BEN))
    assert [len(pages[ANNA].rows), len(pages[BEN].rows)] == [0, 2]
    assert counts == {ANNA: 0, BEN: 2}
    assert by_id == {}


async def test_a_merged_customer_reaches_the_parts_of_his_current_id(two: Database) -> None:
    former = uuid4()
    async with two.transaction() as connection:
        await add_alias(connection, former, BEN)
    async with two.reading() as connection:
        assert await counts_of(connection, ORDERS, [ANNA, BEN], Reach(former)) == {ANNA: 0, BEN: 2}


async def test_what_the_source_deleted_is_not_shown(two: Database) -> None:
    gone = uid("Ben de Vries order 1")
    async with two.transaction() as connection:
        await connection.execute(update(SalesOrder).where(SalesOrder.id == gone).values(deleted=True))
        assert await counts_of(connection, ORDERS, [BEN], EVERYONE) == {BEN: 1}
        assert await parts_by_id(connection, ORDERS, [gone], EVERYONE) == {}


async def test_running_requests_are_those_somebody_must_act_on(two: Database) -> None:
    async with two.reading() as connection:
        running = await pages_of(connection, REQUESTS, [ANNA], EVERYONE, Window(9), RUNNING)
        finished = await pages_of(connection, REQUESTS, [ANNA], EVERYONE, Window(9), FINISHED)
    assert [row.state for row in running[ANNA].rows] == ["IN_PROGRESS"]
    assert [row.state for row in finished[ANNA].rows] == ["COMPLETED"]


async def test_lines_come_in_the_sequence_of_the_package(two: Database) -> None:
    order = uid("Anna Bakker order 1")
    async with two.reading() as connection:
        lines = await lines_of(connection, [order])
    assert [(line.position, line.product) for line in lines[order]] == [(1, "P1"), (2, "P2")]


async def test_a_cursor_of_another_list_or_of_nothing_is_refused() -> None:
    for cursor in ("", "x", "W10", "WyJOQU1FIiwiYSJd"):
        with pytest.raises(Invalid):
            LEADS.order.key_of(cursor, "after")
