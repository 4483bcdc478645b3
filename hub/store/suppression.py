"""Who must never come back: keyed hashes of erased people's ids, which tell nothing to whoever has no master key."""

from __future__ import annotations

from collections.abc import Collection, Iterable
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
    digests = {_digest(keys, system, subject): subject for subject in subjects}
    rows = await run_set(
        connection,
        """SELECT r.digest FROM json_array_elements_text(CAST(:rows AS json)) AS r(digest)
           WHERE EXISTS (SELECT FROM suppression s WHERE s.digest = decode(r.digest, 'hex'))""",
        list(digests),
    )
    return frozenset(digests[digest] for digest in rows.scalars())
