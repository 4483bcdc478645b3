"""Wrap every data key under the first master key, a batch at a time, while the hub goes on.

What the keys encrypt stays as it is. Batches commit by themselves: an interrupted run leaves each key under one master
key or the other, and the next run does the rest. Keys that other processes make meanwhile lie under the key that was
first when *they* started, so restart those before (NIST SP 800-57 part 1, section 5.3: a key has a time of use).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.engine import Database
from hub.store.sets import run_set
from hub.store.wrapping import FIRST, Wrapping

BATCH: Final = 1_000
_START: Final = UUID(int=0)

# Held until the batch commits, so that a person erased meanwhile is not given the key back.
_NEXT = """SELECT id, wrapped FROM subject_key WHERE id > :after AND wrapped IS NOT NULL ORDER BY id LIMIT :batch"""
_WRITE = """UPDATE subject_key k SET wrapped = decode(r.wrapped, 'hex')
            FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, wrapped text) WHERE k.id = r.id"""


async def rewrap_keys(database: Database, wrapping: Wrapping, batch: int = BATCH) -> AsyncIterator[tuple[int, int]]:
    """(keys looked at, keys wrapped anew) of each batch once it has committed."""
    after = _START
    while True:
        async with database.transaction() as connection:
            rows = (await connection.execute(text(f"{_NEXT} FOR UPDATE"), {"after": after, "batch": batch})).all()
            opened = {row.id: wrapping.open(row.wrapped, row.id) for row in rows}
            anew = [
                {"id": str(key_id), "wrapped": wrapping.wrap(opened_key.key, key_id).hex()}
                for key_id, opened_key in opened.items()
                if opened_key.by != FIRST
            ]
            if anew:
                await run_set(connection, _WRITE, anew)
        if not rows:
            return
        after = rows[-1].id
        yield len(rows), len(anew)


async def wrapped_by(connection: AsyncConnection, wrapping: Wrapping, batch: int = BATCH) -> Mapping[int, int]:
    """How many data keys each master key has wrapped, by its place from 0."""
    counts: Counter[int] = Counter()
    after = _START
    while rows := (await connection.execute(text(_NEXT), {"after": after, "batch": batch})).all():
        counts.update(wrapping.open(row.wrapped, row.id).by for row in rows)
        after = rows[-1].id
    return counts


async def count_keys(connection: AsyncConnection) -> int:
    """Data keys of persons who were not erased."""
    return int(await connection.scalar(text("SELECT count(*) FROM subject_key WHERE wrapped IS NOT NULL")) or 0)
