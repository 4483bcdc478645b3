"""Write one row by its columns' names, in words that are found once and not for each row."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from uuid import UUID

import orjson
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.metadata import METADATA, Table
from hub.store.straight import run


async def insert_row(connection: AsyncConnection, table: type[Table], values: Mapping[str, object]) -> None:
    """A new row; a column that is not named has its default. A value for a JSONB column is what `orjson` takes."""
    name = table.__tablename__
    await run(connection, _insert(name, tuple(values)), *_told(name, values))


async def update_row(
    connection: AsyncConnection, table: type[Table], identity: UUID, values: Mapping[str, object]
) -> None:
    """Columns of the row with this `id`; values as for `insert_row`."""
    name = table.__tablename__
    await run(connection, _update(name, tuple(values)), *_told(name, values), identity)


def _told(table: str, values: Mapping[str, object]) -> list[object]:
    written = _json(table)
    return [orjson.dumps(value).decode() if name in written else value for name, value in values.items()]


@cache
def _insert(table: str, columns: tuple[str, ...]) -> str:
    places = ", ".join(f"${n}" for n in range(1, len(columns) + 1))
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})"  # noqa: S608  names of the table's own


@cache
def _update(table: str, columns: tuple[str, ...]) -> str:
    written = ", ".join(f"{name} = ${n}" for n, name in enumerate(columns, 1))
    return f"UPDATE {table} SET {written} WHERE id = ${len(columns) + 1}"  # noqa: S608  names of the table's own


@cache
def _json(table: str) -> frozenset[str]:
    return frozenset(column.name for column in METADATA.tables[table].columns if isinstance(column.type, JSONB))
