"""Set-based statements: a whole page of rows goes to PostgreSQL as one JSON parameter, in one round trip."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final

import orjson
from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.begun import begin
from hub.store.rows import Rows, fetch


@lru_cache(maxsize=512)
def _clause(statement: str) -> TextClause:
    return text(statement)


async def run_set(
    connection: AsyncConnection, statement: str, rows: Sequence[Mapping[str, object]] | Sequence[str], **binds: object
) -> Rows:
    """Run `statement`, which reads `rows` as `json_to_recordset(CAST(:rows AS json)) AS r(column type, ...)`.

    Dates, times, decimals and UUIDs travel as ISO text, decimals as strings; the column list casts them back. Plain
    texts are read as `json_array_elements_text(CAST(:rows AS json)) AS r(name)`.

    A statement that looks rows up writes `CROSS JOIN LATERAL (SELECT ... WHERE key = r.key LIMIT 1)`, not
    `key = ANY(...)`: of a table that grew since it was last analysed the planner believes that a prefix of the key
    finds one row, and then reads every row under that prefix for each page.
    """
    payload = orjson.dumps(rows, default=str).decode()
    driver = await begin(connection)
    if driver is not None:
        return await fetch(driver, statement, {"rows": payload, **binds})
    result = await connection.execute(_clause(statement), {"rows": payload, **binds})
    return Rows(result.all() if result.returns_rows else ())


ALONG_KEYS: Final = """set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true),
  set_config('enable_mergejoin', 'off', true)"""
"""To be selected: no statement behind it in the transaction reads or hashes a whole table where it can walk an index.

Plans are kept per connection, so one made while a table was small would read all of it for every later page.
"""


async def read_along_keys(connection: AsyncConnection) -> None:
    """ALONG_KEYS by itself."""
    await connection.execute(_clause(f"SELECT {ALONG_KEYS}"))
