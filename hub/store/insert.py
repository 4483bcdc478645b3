"""Insert rows that are certainly new, a page of them at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import asyncpg
import orjson
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.metadata import METADATA, Table
from hub.store.straight import run

COPIED_FROM: Final = 50
"""Rows from which COPY pays: PostgreSQL takes two thirds of the time per row, but it costs one more round trip."""


async def insert_new(
    connection: AsyncConnection, table: type[Table], columns: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> None:
    """Insert `rows`, whose values stand in the order of `columns` and have the columns' Python types.

    A row that is there already is an error, so the caller holds the locks that make it new. A value for a JSONB column
    is what `orjson` takes. Call it inside a transaction that has run a statement.
    """
    if len(rows) < COPIED_FROM:
        if rows:
            statement = _insert(table.__tablename__, tuple(columns))
            written = [dict(zip(columns, map(_told, row), strict=True)) for row in rows]
            await run(connection, statement, orjson.dumps(written, default=str).decode())
        return
    for place in _json_places(table.__tablename__, tuple(columns)):
        rows = [(*row[:place], orjson.dumps(row[place], default=str).decode(), *row[place + 1 :]) for row in rows]
    await _copy(connection, table.__tablename__, columns, rows)


async def _copy(
    connection: AsyncConnection, table: str, columns: Sequence[str], rows: Sequence[tuple[object, ...]]
) -> None:
    driver = (await connection.get_raw_connection()).driver_connection
    if not isinstance(driver, asyncpg.Connection) or not driver.is_in_transaction():
        raise AssertionError("rows are copied inside a transaction, or they would be there before its other statements")
    try:
        await driver.copy_records_to_table(table, records=rows, columns=columns)
    except asyncpg.PostgresError as error:
        raise DBAPIError(f"COPY {table}", None, error, hide_parameters=True) from error


def _told(value: object) -> object:
    return f"\\x{value.hex()}" if isinstance(value, bytes) else value


@cache
def _insert(table: str, columns: tuple[str, ...]) -> str:
    dialect = postgresql.dialect()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped
    types = ", ".join(f"{name} {METADATA.tables[table].columns[name].type.compile(dialect)}" for name in columns)
    return f"""INSERT INTO {table} ({", ".join(columns)})
        SELECT {", ".join(columns)} FROM json_to_recordset(CAST($1 AS json)) AS r({types})"""  # noqa: S608  names come from the table's own definition


@cache
def _json_places(table: str, columns: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(n for n, name in enumerate(columns) if isinstance(METADATA.tables[table].columns[name].type, JSONB))
