"""Rows first, then what is proved and found by: many rows are sorted into an index faster than inserted one by one."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import asyncpg

AT_ONCE: Final = 2
"""Tables that are indexed at the same time."""

_FOREIGN: Final = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS off,
  format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS on_again
FROM pg_constraint
WHERE contype = 'f' AND (conrelid = ANY($1::text[]::regclass[]) OR confrelid = ANY($1::text[]::regclass[]))
"""
_INDEXES: Final = """
SELECT i.indrelid::regclass::text AS of, k.conname IS NULL AS plain,
  CASE WHEN k.conname IS NULL THEN format('DROP INDEX %s', i.indexrelid::regclass)
    ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', i.indrelid::regclass, k.conname) END AS off,
  CASE WHEN k.conname IS NULL THEN pg_get_indexdef(i.indexrelid)
    ELSE format('ALTER TABLE %s ADD CONSTRAINT %I %s', i.indrelid::regclass, k.conname, pg_get_constraintdef(k.oid)) END
    AS on_again
FROM pg_index i LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u', 'x')
WHERE i.indrelid = ANY($1::text[]::regclass[]) ORDER BY plain, i.indexrelid
"""


@asynccontextmanager
async def rows_first(
    dsn: str, connection: asyncpg.Connection[asyncpg.Record], tables: Sequence[str]
) -> AsyncIterator[None]:
    """Within the block the empty `tables` have no indexes and no foreign keys from or to them, and rows are not logged.

    The block is one transaction of `connection`: a server with `wal_level=minimal` writes no log of what goes into a
    table that the same transaction emptied. Behind it stands all that was there before, proved, and with statistics.
    """
    foreign = await connection.fetch(_FOREIGN, list(tables))
    indexes = await connection.fetch(_INDEXES, list(tables))
    async with connection.transaction():
        for found in (*foreign, *indexes):
            await connection.execute(found["off"])
        await connection.execute(f"TRUNCATE {', '.join(tables)}")
        yield
    of_table: dict[str, list[str]] = defaultdict(list)
    for found in indexes:
        of_table[found["of"]].append(found["on_again"])
    waiting = [[*of_table[table], f"VACUUM ANALYZE {table}"] for table in tables]
    await asyncio.gather(*(_work_off(dsn, waiting) for _ in range(AT_ONCE)))
    await _work_off(dsn, [[found["on_again"]] for found in foreign])


async def _work_off(dsn: str, waiting: list[list[str]]) -> None:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("SET maintenance_work_mem = '1GB'; SET max_parallel_maintenance_workers = 0")
        while waiting:
            for statement in waiting.pop(0):
                await connection.execute(statement, timeout=3600)
    finally:
        await connection.close()
