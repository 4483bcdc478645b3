"""Statements straight to the driver belong to the transaction of their connection, as SQLAlchemy's own do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID, uuid4

import asyncpg
import pytest
from asyncpg.transaction import Transaction
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from hub.contacts.session_tables import BusinessDialog
from hub.store.engine import Database
from hub.store.straight import run
from hub.store.write_row import insert_row, update_row

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
ADD = "INSERT INTO known_cookie (digest, customer_id, since) VALUES ($1, $2, $3) RETURNING digest"


class _Regret(Exception):
    pass


async def _regretted(database: Database, customer: UUID) -> None:
    async with database.transaction() as connection:
        assert [tuple(row) for row in await run(connection, ADD, b"first", customer, NOW)] == [(b"first",)]
        assert [tuple(row) for row in await run(connection, ADD, b"second", customer, NOW)] == [(b"second",)]
        await connection.execute(text("INSERT INTO known_cookie VALUES ('third', gen_random_uuid(), now())"))
        raise _Regret


async def _unstorable(database: Database, place: int) -> None:
    async with database.transaction() as connection:
        for _ in range(place):
            await run(connection, "SELECT 1")
        await run(connection, "SELECT CAST($1 AS text)", "a\x00b")


async def test_a_failure_undoes_the_first_statement_and_those_behind_it(database: Database) -> None:
    customer = uuid4()
    with pytest.raises(_Regret):
        await _regretted(database, customer)
    async with database.transaction() as connection:
        assert await run(connection, "SELECT FROM known_cookie") == []
        await run(connection, ADD, b"kept", customer, NOW)
        await run(connection, ADD, b"kept too", customer, NOW)
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM known_cookie")) == 2


@pytest.mark.parametrize("place", [0, 1])
async def test_an_error_is_told_with_its_state_wherever_in_the_transaction(database: Database, place: int) -> None:
    with pytest.raises(DBAPIError) as error:
        await _unstorable(database, place)
    assert getattr(error.value.orig, "sqlstate", None) == "22021"
    assert "a\x00b" not in str(error.value)


@pytest.mark.parametrize("step", ["start", "commit"])
async def test_who_is_cancelled_at_either_end_leaves_no_transaction_to_others(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    carried_out = getattr(Transaction, step)

    async def cancelled_behind(transaction: Transaction) -> None:
        await carried_out(transaction)
        raise asyncio.CancelledError

    async def write(digest: bytes, put: Callable[[], None] = lambda: None) -> None:
        async with database.transaction() as connection:
            put()
            await run(connection, ADD, digest, uuid4(), NOW)

    with monkeypatch.context() as patched, pytest.raises(asyncio.CancelledError):
        await write(b"cancelled", lambda: patched.setattr(Transaction, step, cancelled_behind))
    await write(b"kept")
    other = await asyncpg.connect(database_url)
    try:
        assert await other.fetchval("SELECT count(*) FROM known_cookie WHERE digest = 'kept'") == 1
    finally:
        await other.close()


async def test_a_row_is_written_and_changed_by_its_columns(database: Database) -> None:
    identity, session = uuid4(), uuid4()
    answers: dict[str, object] = {"size": {"value": "XL", "source": "said"}}
    row: dict[str, object] = {
        "id": identity,
        "topic": "hours",
        "topic_version": 1,
        "channel": "chat",
        "state": "ACTIVE",
    }
    row |= {"session_id": session, "started_at": NOW, "changed_at": NOW}
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO customer_session (id, contact_id, channel, direction, phase, state, level, started_at,
                   active_at) VALUES (:id, 'C1', 'chat', 'INBOUND', 'DIALOG', 'ACTIVE', 'ANONYMOUS', now(), now())"""
            ),
            {"id": session},
        )
        await insert_row(connection, BusinessDialog, row)
        await update_row(connection, BusinessDialog, identity, {"answers": answers, "ended_at": NOW})
    async with database.reading() as connection:
        columns = "topic, answers, changed_at, ended_at, outcome"
        found = (await run(connection, f"SELECT {columns} FROM business_dialog WHERE id = $1", identity))[0]
    assert tuple(found) == ("hours", answers, NOW, NOW, None)
