"""Pairs worth comparing, found by PostgreSQL: keys go in by COPY, pairs come out in pages of eight bytes each.

Works in temporary tables of the connection it is given, so it leaves nothing behind and any number may run.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import asyncpg
import numpy as np
import numpy.typing as npt

from hub.matching.columns import Codes

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Page: TypeAlias = tuple[int, Codes, Codes]
"""How many records are done, and pairs of the smaller and the greater record."""
BLOCK_MAX: Final = 400
"""A key with more records than this is never followed, however few there are of such keys."""
PAIRS_PER_RECORD: Final = 40
PAIRS_LEAST: Final = 800_000
PAGE_PAIRS: Final = 250_000
_COPY_HEAD: Final = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_COPY_ROW: Final = np.dtype([("n", ">i2"), ("k", ">i4"), ("key", ">i8"), ("r", ">i4"), ("record", ">i4")])


@dataclass(frozen=True, slots=True)
class Blocks:
    """`followed`: the largest block that is compared; `pairs`: how many there are, those under several keys counted
    once per key."""

    followed: int
    pairs: int


async def store_keys(connection: Connection, keys: npt.NDArray[np.int64], records: Codes) -> None:
    """One row per key of a record, by binary COPY."""
    rows = np.empty(len(keys), _COPY_ROW)
    rows["n"], rows["k"], rows["r"] = 2, 8, 4
    rows["key"], rows["record"] = keys, records
    await connection.execute("SET work_mem = '128MB'; SET temp_buffers = '256MB'; SET jit = off")
    await connection.execute("CREATE TEMPORARY TABLE match_key (key bigint, record integer)")
    source = io.BytesIO(_COPY_HEAD + rows.tobytes() + b"\xff\xff")
    await connection.copy_to_table("match_key", source=source, format="binary")


async def choose_blocks(connection: Connection, records: int, split: int | None) -> Blocks:
    """Follow small blocks first, as far as the number of pairs stays in proportion to the number of records.

    `split`: records from this number on are another file, and pairs within one file are not wanted.
    """
    sizes = await connection.fetch(
        """WITH block AS (
             SELECT key, count(*) AS size, count(*) FILTER (WHERE record < $1) AS here FROM match_key GROUP BY key)
           SELECT size, sum(CASE WHEN $2 THEN here * (size - here) ELSE size * (size - 1) / 2 END)::bigint AS pairs
           FROM block WHERE size BETWEEN 2 AND $3 GROUP BY size ORDER BY size""",
        split or 0,
        split is not None,
        BLOCK_MAX,
    )
    followed = pairs = 0
    for row in sizes:
        if pairs + row["pairs"] > max(PAIRS_LEAST, PAIRS_PER_RECORD * records):
            break
        followed, pairs = row["size"], pairs + row["pairs"]
    await connection.execute(
        f"""CREATE TEMPORARY TABLE match_block AS SELECT key, record FROM (
              SELECT key, record, count(*) OVER (PARTITION BY key) AS size FROM match_key) k
            WHERE size BETWEEN 2 AND {int(followed)}"""  # noqa: S608 (a number)
    )
    await connection.execute(
        """DROP TABLE match_key; CREATE INDEX ON match_block (key, record); CREATE INDEX ON match_block (record);
           ANALYZE match_block"""
    )
    return Blocks(followed, pairs)


async def pages_of_pairs(
    connection: Connection, blocks: Blocks, records: int, split: int | None
) -> AsyncIterator[Page]:
    """Each pair once, by pages of its smaller record; with each page, how many records are done."""
    span = max(1, min(records, records * PAGE_PAIRS // max(blocks.pairs, 1)))
    end = split if split is not None else records
    for start in range(0, end, span):
        found: bytes | None = await connection.fetchval(
            """SELECT string_agg(int4send(l) || int4send(r), '') FROM (
                 SELECT DISTINCT a.record AS l, b.record AS r FROM match_block a
                 JOIN match_block b ON b.key = a.key AND b.record > a.record
                 WHERE a.record >= $1 AND a.record < $2 AND b.record >= $3) p""",
            start,
            min(start + span, end),
            split or 0,
        )
        pairs = np.frombuffer(found or b"", ">i4").astype(np.int32).reshape(-1, 2)
        yield min(start + span, end), pairs[:, 0], pairs[:, 1]
