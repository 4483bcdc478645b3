"""Many customers with likenesses and keys, made as apply makes them and written by COPY ahead of the indexes."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from random import Random
from typing import Final

import asyncpg

from benchmarks.people.people import people
from hub.matching.keys import keys_of
from hub.matching.normalise import Notation, normalise
from hub.matching.person import Written

SEED: Final = 23
PAGE: Final = 20_000
PROCESSES: Final = 2
INDEXES: Final = {
    "pk_likeness_key": "ALTER TABLE likeness_key ADD CONSTRAINT pk_likeness_key PRIMARY KEY (key, system, external_id)",
    "ix_likeness_key_record": "CREATE INDEX ix_likeness_key_record ON likeness_key (system, external_id)",
}
"""Built when all keys are there: 25 million entries are sorted faster than inserted one by one."""


def page_of(start: int, count: int) -> list[Written]:
    """The customers from number `start` on, the same each time."""
    return list(people(Random(f"{SEED} {start}"), count))


async def fill(dsn: str, count: int) -> None:
    """Write `count` customers, numbered from 0, of one system."""
    raw = await asyncpg.connect(dsn)
    try:
        await raw.execute("ALTER TABLE likeness_key DROP CONSTRAINT pk_likeness_key; DROP INDEX ix_likeness_key_record")
        await asyncio.to_thread(_write_all, dsn, count)
        await raw.execute("SET maintenance_work_mem = '1GB'")
        for index in INDEXES.values():
            await raw.execute(index)
        await raw.execute(
            """INSERT INTO customer (id, kind, search, version, digest, created_at, updated_at)
               SELECT md5(external_id)::uuid, 'PERSON', '', 1, '', now(), now() FROM likeness;
               INSERT INTO customer_identifier (system, external_id, customer_id, since)
               SELECT system, external_id, md5(external_id)::uuid, now() FROM likeness"""
        )
        for table in ("likeness", "likeness_key", "source_record", "customer_identifier"):
            await raw.execute(f"VACUUM ANALYZE {table}")
    finally:
        await raw.close()


def _write_all(dsn: str, count: int) -> None:
    with ProcessPoolExecutor(PROCESSES) as pool:
        pages = [pool.submit(partial(_write, dsn), start, size) for start, size in _pages(count)]
        for done, page in enumerate(as_completed(pages), start=1):
            page.result()
            print(f"  {min(done * PAGE, count):,} of {count:,} customers", file=sys.stderr)


def _pages(count: int) -> Iterator[tuple[int, int]]:
    for start in range(0, count, PAGE):
        yield start, min(PAGE, count - start)


def _write(dsn: str, start: int, count: int) -> None:
    asyncio.run(_copy(dsn, start, count))


async def _copy(dsn: str, start: int, count: int) -> None:
    persons = [(str(start + place), normalise(one, Notation())) for place, one in enumerate(page_of(start, count))]
    raw = await asyncpg.connect(dsn)
    try:
        await raw.execute(
            """INSERT INTO source_record
                 (system, entity, external_id, as_of, digest, version, mapping_version, observed_at)
               SELECT 'crm', 'customer', i, now(), '', 1, '', now() FROM unnest($1::text[]) AS i""",
            [identity for identity, _ in persons],
        )
        await raw.copy_records_to_table(
            "likeness",
            records=[("crm", identity, list(person)) for identity, person in persons],
            columns=["system", "external_id", "fields"],
        )
        keys = [(key, "crm", identity) for identity, person in persons for key in keys_of(person)]
        await raw.copy_records_to_table("likeness_key", records=keys, columns=["key", "system", "external_id"])
    finally:
        await raw.close()
