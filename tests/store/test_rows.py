"""A statement says and does the same, whether it opens the transaction or comes later and goes past SQLAlchemy."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.begun import begun
from hub.store.engine import Database
from hub.store.sets import run_set

HELD = """INSERT INTO identifier (kind, value)
  SELECT :kind, r.value FROM json_array_elements_text(CAST(:rows AS json)) AS r(value)"""
READ = """SELECT r.name::text, r.at, r.id FROM json_to_recordset(CAST(:rows AS json))
  AS r(name text, at timestamptz, id uuid) WHERE r.name <> :not OR :not = ''"""


async def opened(connection: AsyncConnection) -> None:
    await connection.execute(text("SELECT 1"))
    assert begun(connection) is not None


@pytest.mark.parametrize("later", [False, True])
async def test_rows_come_by_place_and_by_name(database: Database, later: bool) -> None:
    asked: list[dict[str, object]] = [
        {"name": "é", "at": "2026-01-05T08:30:00Z", "id": "0b9a3b8a-64c5-4b55-8f5e-9f7f2a7d4c02"},
        {"name": "b", "at": None, "id": None},
    ]
    async with database.reading() as connection:
        if later:
            await opened(connection)
        rows = await run_set(connection, READ, asked, **{"not": ""})
    first, second = rows.all()
    name, at, row_id = first
    assert (first.name, first.at, first.id) == (name, at, row_id) == (first[0], first[1], first[2])
    assert str(row_id) == asked[0]["id"]
    assert (name, at.isoformat(), second.at) == ("é", "2026-01-05T08:30:00+00:00", None)
    assert rows.scalars() == ["é", "b"]
    with pytest.raises(AttributeError):
        first.nobody  # noqa: B018  to be asked for is all


async def test_what_goes_past_sqlalchemy_is_rolled_back_with_the_rest(database: Database) -> None:
    async with database.engine.connect() as connection:
        await opened(connection)
        assert (await run_set(connection, HELD, ["a"], kind="ID")).all() == []
        assert await connection.scalar(text("SELECT count(*) FROM identifier")) == 1
        await connection.rollback()
        assert begun(connection) is None
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM identifier")) == 0


@pytest.mark.parametrize("later", [False, True])
async def test_an_error_has_its_state_and_no_values(database: Database, later: bool) -> None:
    async with database.engine.connect() as connection:
        if later:
            await opened(connection)
        with pytest.raises(DBAPIError) as caught:
            await run_set(connection, HELD, ["secret"], kind=None)
    assert getattr(caught.value.orig, "sqlstate", None) == "23502"
    assert caught.value.params is None or caught.value.hide_parameters


async def test_where_each_statement_commits_by_itself_it_still_does(database: Database) -> None:
    async with database.at_once() as connection:
        await opened_by_none(connection)
        await run_set(connection, HELD, ["a"], kind="ID")
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM identifier")) == 1


async def opened_by_none(connection: AsyncConnection) -> None:
    await connection.execute(text("SELECT 1"))
    assert begun(connection) is None
