"""Proof that a store is as it was: every row of every table, not only those somebody thought of."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager

from sqlalchemy import text

from hub.store.engine import Database

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"


async def contents(database: Database, apart_from: Collection[str] = ()) -> Mapping[str, tuple[int, int]]:
    """Of each table how many rows it has and a sum over their contents."""
    async with database.reading() as connection:
        tables = [name for name in (await connection.execute(text(_TABLES))).scalars() if name not in apart_from]
        each = [
            f"SELECT '{name}', count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) FROM \"{name}\" t"
            for name in tables
        ]
        rows = await connection.execute(text(" UNION ALL ".join(each)))
        return {name: (count, int(total)) for name, count, total in rows}


@asynccontextmanager
async def untouched(database: Database, *, apart_from: Collection[str] = ()) -> AsyncIterator[None]:
    """Fails when the block left any row of any other table changed, added or removed."""
    before = await contents(database, apart_from)
    assert len(before) > 50
    yield
    assert await contents(database, apart_from) == before
