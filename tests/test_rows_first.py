"""The benchmarks' tables are as the migrations made them once their rows are in."""

from __future__ import annotations

import asyncpg

from benchmarks.graphql.company import TABLES
from benchmarks.rows_first import rows_first
from hub.store.engine import Database

CATALOG = """
SELECT pg_get_indexdef(indexrelid) AS told FROM pg_index WHERE indrelid::regclass::text NOT LIKE 'pg_%'
UNION ALL SELECT conrelid::regclass || ' ' || conname || ' ' || pg_get_constraintdef(oid) || convalidated
FROM pg_constraint WHERE conrelid <> 0 ORDER BY told
"""
PERSON = """INSERT INTO customer (id, kind, search, version, digest, created_at, updated_at)
SELECT md5(n::text)::uuid, 'PERSON', '', 1, '', now(), now() FROM generate_series(1, 10) AS n"""


async def test_rows_come_in_without_indexes_and_keys_which_are_there_again_afterwards(
    database: Database, database_url: str
) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        before = await connection.fetch(CATALOG)
        async with rows_first(database_url, connection, TABLES):
            await connection.execute(PERSON)
            assert len(await connection.fetch(CATALOG)) < len(before) - len(TABLES)
        assert await connection.fetch(CATALOG) == before
        assert await connection.fetchval("SELECT count(*) FROM customer") == 10
    finally:
        await connection.close()
