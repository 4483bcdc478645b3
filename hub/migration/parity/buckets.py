"""Find where the sides differ without looking at each object: digests of 16,384 buckets.

So many that a thousand differences among a million objects leave most of them equal, and few enough to be fetched. They
are over the stored digests, also where something is not compared: what is equal as a whole is equal without it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.migration.parity.sides import Side, Sides

BUCKETS: Final = 16_384
GROUP_ROWS: Final = 50_000
"""Objects whose buckets are looked into at once: it bounds the memory, whatever the sides hold."""

BUCKET: Final = f"(hashtext(r.external_id) & {BUCKETS - 1})"
"""The bucket of an object."""


@dataclass(frozen=True, slots=True)
class Digest:
    """How many objects live in a bucket, and the exclusive or of their 64-bit hashes."""

    count: int
    digest: int


@dataclass(frozen=True)
class Buckets:
    """The buckets of both sides by number; one that is empty is not there."""

    incumbent: dict[int, Digest]
    candidate: dict[int, Digest]

    @property
    def held(self) -> int:
        """Objects of the incumbent."""
        return sum(digest.count for digest in self.incumbent.values())

    def unequal(self) -> Iterator[list[int]]:
        """Buckets to look into, in groups of bounded size."""
        group: list[int] = []
        rows = 0
        for bucket in range(BUCKETS):
            ours, theirs = self.incumbent.get(bucket), self.candidate.get(bucket)
            if ours == theirs:
                continue
            size = max(digest.count for digest in (ours, theirs) if digest is not None)
            if group and rows + size > GROUP_ROWS:
                yield group
                group, rows = [], 0
            group.append(bucket)
            rows += size
        if group:
            yield group


async def buckets_of(connection: AsyncConnection, sides: Sides) -> Buckets:
    """The digests of both sides; `connection` sees one moment."""
    return Buckets(
        await _digests(connection, sides, sides.incumbent), await _digests(connection, sides, sides.candidate)
    )


async def _digests(connection: AsyncConnection, sides: Sides, side: Side) -> dict[int, Digest]:
    rows = await connection.execute(
        text(
            f"""SELECT {BUCKET} AS bucket, count(*) AS objects,
                  bit_xor(hashtextextended(r.external_id || encode(r.digest, 'hex'), 0)) AS digest
                FROM ({side.images()}) r WHERE NOT r.deleted GROUP BY 1"""  # noqa: S608  names of ours
        ),
        sides.binds,
    )
    return {row.bucket: Digest(row.objects, row.digest) for row in rows}
