"""Set-based statements: a whole page of rows goes to PostgreSQL as one JSON parameter, in one round trip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import orjson
from sqlalchemy import CursorResult, TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection


@lru_cache(maxsize=512)
def _clause(statement: str) -> TextClause:
    return text(statement)


async def run_set(
    connection: AsyncConnection, statement: str, rows: Sequence[Mapping[str, object]], **binds: object
) -> CursorResult[Any]:  # Any: SQLAlchemy types a textual result so
    """Run `statement`, which reads `rows` as `json_to_recordset(CAST(:rows AS json)) AS r(column type, ...)`.

    Dates, times, decimals and UUIDs travel as ISO text, decimals as strings; the column list casts them back.
    """
    payload = orjson.dumps(rows, default=str).decode()
    return await connection.execute(_clause(statement), {"rows": payload, **binds})
