"""A page costs what it holds, however much is stored and whatever the planner knows of it."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.apply import apply
from hub.flows.incoming import Incoming
from hub.flows.lane import LaneContext
from hub.store.engine import Database
from tests.flows.building import RULES, apply_page, at, content, declare_flow, page, person

pytestmark = pytest.mark.slow
STORED = 1500
PAGE = 10


def people(first: int, count: int, name: str, minute: int) -> Incoming:
    return page(
        *(
            content(f"{number}", person(f"{name} {number}", f"p{number}@example.com", f"+3161{number:07d}"), minute)
            for number in range(first, first + count)
        )
    )


async def rows_read(database: Database, lane: LaneContext, incoming: Incoming) -> int:
    """Rows that applying the page fetched from tables, by index or by reading along; nothing is kept of it."""
    async with database.engine.connect() as connection:
        before = await fetched(connection)
        await apply(connection, lane, incoming, RULES, at(10_000))
        after = await fetched(connection)
        await connection.rollback()
    return after - before


async def fetched(connection: AsyncConnection) -> int:
    rows = await connection.scalar(
        text("SELECT sum(coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)) FROM pg_stat_xact_user_tables")
    )
    return int(rows or 0)


async def filled(database: Database) -> LaneContext:
    """A store that has grown since PostgreSQL last looked: every plan was made when it was empty."""
    crm = await declare_flow(database, "crm")
    for first in range(0, 60, 5):
        await apply_page(database, crm, people(first, 5, "Early", 1))
    await apply_page(database, crm, people(60, STORED, "Late", 1))
    return crm


async def test_an_unchanged_page_reads_its_own_rows_only(database: Database) -> None:
    crm = await filled(database)
    assert await rows_read(database, crm, people(0, PAGE, "Early", 1)) <= 2 * PAGE


async def test_a_changed_page_reads_a_few_rows_per_record(database: Database) -> None:
    crm = await filled(database)
    assert await rows_read(database, crm, people(0, PAGE, "Married", 2)) <= 50 * PAGE


async def test_a_new_page_reads_a_few_rows_per_record(database: Database) -> None:
    crm = await filled(database)
    assert await rows_read(database, crm, people(5000, PAGE, "New", 1)) <= 50 * PAGE
