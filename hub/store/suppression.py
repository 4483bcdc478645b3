"""Who must never come back: keyed hashes of erased people's ids, which tell nothing to whoever has no master key."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from hub.store.metadata import Table
from hub.store.sets import run_set


class Suppression(Table):
    """`digest` is the keyed hash of a system and the id under which it knew an erased person, or a thing of his."""

    __tablename__ = "suppression"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    request_id: Mapped[UUID]
    at: Mapped[datetime]


class Proves(Protocol):
    """What the hash is keyed with: the key ring."""

    def proof(self, content: bytes) -> bytes:
        """A keyed digest."""


def _digest(keys: Proves, system: str, subject: str) -> str:
    return keys.proof(f"suppressed\0{system}\0{subject}".encode()).hex()


async def suppress(
    connection: AsyncConnection,
    keys: Proves,
    subjects: Iterable[tuple[str, str]],
    request_id: UUID,
    now: datetime,
) -> None:
    """From the commit on nothing of these (system, subject) is taken in."""
    await run_set(
        connection,
        """INSERT INTO suppression (digest, request_id, at)
           SELECT decode(r.digest, 'hex'), :request, :now
           FROM json_array_elements_text(CAST(:rows AS json)) AS r(digest) ORDER BY 1 ON CONFLICT DO NOTHING""",
        [_digest(keys, system, subject) for system, subject in subjects],
        request=request_id,
        now=now,
    )


async def suppressed_among(
    connection: AsyncConnection, keys: Proves, system: str, subjects: Collection[str]
) -> frozenset[str]:
    """Those of the subjects that were erased."""
    return frozenset(await suppressed_by(connection, keys, system, subjects))


async def suppressed_by(
    connection: AsyncConnection, keys: Proves, system: str, subjects: Collection[str]
) -> Mapping[str, UUID]:
    """Those of the subjects that were erased, and by which request."""
    digests = {_digest(keys, system, subject): subject for subject in subjects}
    rows = await run_set(
        connection,
        """SELECT r.digest, s.request_id FROM json_array_elements_text(CAST(:rows AS json)) AS r(digest)
           CROSS JOIN LATERAL (SELECT request_id FROM suppression o
             WHERE o.digest = decode(r.digest, 'hex') LIMIT 1) s""",
        list(digests),
    )
    return {digests[row.digest]: row.request_id for row in rows.all()}
