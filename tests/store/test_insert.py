"""New rows arrive the same, whether few go as a statement or many as a copy."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.customers.tables import Customer, CustomerHistory, CustomerProvenance
from hub.store.engine import Database
from hub.store.insert import COPIED_FROM, insert_new

NOW = datetime(2026, 1, 5, 8, 30, tzinfo=UTC)
COLUMNS = ("id", "kind", "name", "search", "deleted", "version", "digest", "created_at", "updated_at")


def customers(count: int) -> list[tuple[object, ...]]:
    return [(uuid4(), "PERSON", None, "ö\t\\", False, 1, b"\x00\xff", NOW, NOW) for _ in range(count)]


@pytest.mark.parametrize("count", [1, COPIED_FROM])
async def test_every_type_arrives_as_it_was_given(database: Database, count: int) -> None:
    rows = customers(count)
    fields = {"name": {"system": "crm", "asOf": NOW}}
    async with database.transaction() as connection:
        await connection.execute(text("SELECT 1"))
        await insert_new(connection, Customer, COLUMNS, rows)
        await insert_new(connection, CustomerProvenance, ("customer_id", "fields"), [(r[0], fields) for r in rows])
    async with database.reading() as connection:
        stored = await connection.execute(text(f"SELECT {', '.join(COLUMNS)} FROM customer"))
        told = await connection.execute(text("SELECT DISTINCT fields FROM customer_provenance"))
        assert {tuple(row) for row in stored} == set(rows)
        assert told.scalars().all() == [{"name": {"system": "crm", "asOf": NOW.isoformat()}}]


async def insert_twice(database: Database, rows: list[tuple[object, ...]]) -> None:
    async with database.transaction() as connection:
        await connection.execute(text("SELECT 1"))
        history = [(row[0], 1, NOW, b"") for row in rows]
        await insert_new(connection, CustomerHistory, ("customer_id", "version", "at", "digest"), history)
        await insert_new(connection, Customer, COLUMNS, rows)
        await insert_new(connection, Customer, COLUMNS, rows)


@pytest.mark.parametrize("count", [1, COPIED_FROM])
async def test_a_row_that_is_there_undoes_all_and_says_why(database: Database, count: int) -> None:
    with pytest.raises(DBAPIError) as raised:
        await insert_twice(database, customers(count))
    assert getattr(raised.value.orig, "sqlstate", None) == "23505"
    async with database.reading() as connection:
        assert (
            await connection.scalar(text("SELECT (SELECT count(*) FROM customer) + count(*) FROM customer_history"))
            == 0
        )


async def test_nothing_is_copied_before_the_transaction_began(database: Database) -> None:
    with pytest.raises(AssertionError):
        async with database.transaction() as connection:
            await insert_new(connection, Customer, COLUMNS, customers(COPIED_FROM))
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM customer")) == 0
