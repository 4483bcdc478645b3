"""Which customers a transaction touched, as the database itself writes it down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import text

from hub.store.engine import Database
from hub.store.touches import KEPT_FOR, TOUCHING, forget_touches

START = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)

_TOUCHED = "SELECT count(*) FROM customer_touch"
_CUSTOMER = """INSERT INTO customer (id, kind, search, version, digest, created_at, updated_at)
  SELECT gen_random_uuid(), 'PERSON', '', 1, '', now(), now() FROM generate_series(1, 3)"""


async def count(database: Database) -> int:
    async with database.reading() as connection:
        return int(await connection.scalar(text(_TOUCHED)) or 0)


async def write(database: Database, statement: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(text(statement))


async def forget(database: Database, now: datetime, limit: int = 10) -> int:
    async with database.transaction() as connection:
        return await forget_touches(connection, now, limit)


@pytest.mark.parametrize("table", sorted(TOUCHING))
async def test_whatever_happens_to_a_row_fires(database: Database, table: str) -> None:
    async with database.reading() as connection:
        fired = await connection.execute(
            text("SELECT tgtype & 28 FROM pg_trigger WHERE tgrelid = CAST(:t AS regclass) AND tgname LIKE 'touch_%'"),
            {"t": table},
        )
    assert sorted(fired.scalars()) == [4, 8, 16]  # insert, delete, update


async def test_a_transaction_touches_a_customer_once(database: Database) -> None:
    async with database.transaction() as connection:
        await connection.execute(text(_CUSTOMER))
        await connection.execute(text("UPDATE customer SET version = 2"))
    assert await count(database) == 3
    await write(database, "UPDATE customer SET version = 3 WHERE id = (SELECT min(id::text)::uuid FROM customer)")
    assert await count(database) == 4


async def test_what_is_taken_back_touches_nobody(database: Database) -> None:
    async with database.engine.connect() as connection:
        await connection.execute(text(_CUSTOMER))
        await connection.rollback()
    assert await count(database) == 0


async def test_touches_are_forgotten_when_no_answer_from_before_is_left(database: Database) -> None:
    await write(database, _CUSTOMER)
    assert await forget(database, START) == 0
    assert await forget(database, START + KEPT_FOR) == 0
    assert await forget(database, START + KEPT_FOR + HOUR / 60) == 3
    assert await count(database) == 0


async def test_a_transaction_that_ended_late_is_forgotten_late(database: Database, database_url: str) -> None:
    late = await asyncpg.connect(database_url)
    try:
        async with late.transaction():
            await late.execute(_CUSTOMER)
            await write(database, _CUSTOMER)
            await forget(database, START)
        # A snapshot from before its end knows nothing of the late one.
        assert await forget(database, START + 2 * KEPT_FOR) == 0
        assert await forget(database, START + 4 * KEPT_FOR) == 6
    finally:
        await late.close()


async def test_a_batch_is_bounded(database: Database) -> None:
    await write(database, _CUSTOMER)
    await forget(database, START)
    assert [await forget(database, START + 2 * KEPT_FOR, limit=2) for _ in range(3)] == [2, 1, 0]
