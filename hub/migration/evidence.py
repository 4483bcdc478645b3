"""The evidence of a migration: an append-only chain of digests, verifiable by anybody who can read the table."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import NotFound

BEGINNING: Final = b"\0" * 32
"""`previous` of the first row."""

DECIMALS: Final = 6
"""Kept of a number with a fraction, so that its text is the same before and after the database."""

_APPEND: Final = text("""
INSERT INTO migration_evidence (migration, seq, kind, at, body, previous, digest)
VALUES (:migration, :seq, :kind, :at, CAST(:body AS jsonb), :previous, :digest)""")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One row as it is stored."""

    migration: UUID
    seq: int
    kind: str
    at: datetime
    body: Mapping[str, object]
    previous: bytes
    digest: bytes

    @property
    def computed(self) -> bytes:
        """The digest that the row's content has."""
        return digest_of(self.migration, self.seq, self.kind, self.at, self.body, self.previous)


@dataclass(frozen=True, slots=True)
class Verified:
    """`broken` is the number of the first row that does not hold, with `reason`; None when all do."""

    rows: int
    head: bytes
    broken: int | None = None
    reason: str | None = None


def digest_of(migration: UUID, seq: int, kind: str, at: datetime, body: Mapping[str, object], previous: bytes) -> bytes:
    """SHA-256 of the row as JSON with sorted keys and no blanks: migration, seq, kind, at (UTC), body, previous."""
    row = {
        "migration": str(migration),
        "seq": seq,
        "kind": kind,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "body": canonical(body),
        "previous": previous.hex(),
    }
    return hashlib.sha256(orjson.dumps(row, option=orjson.OPT_SORT_KEYS)).digest()


def canonical(value: object) -> object:
    """Plain JSON whose text a round trip through jsonb does not change."""
    match value:
        case Mapping():
            return canonical_object(value)
        case str() | bool() | int() | None:
            return str(value) if isinstance(value, str) else value
        case float():
            rounded = round(value, DECIMALS)
            return int(rounded) if rounded.is_integer() else rounded
        case datetime():
            return value.astimezone(UTC).isoformat()
        case Sequence() | frozenset() | set():
            return [canonical(child) for child in value]
        case _:
            return str(value)


def canonical_object(body: Mapping[str, object]) -> dict[str, object]:
    """The same for a whole body."""
    return {str(key): canonical(child) for key, child in body.items()}


async def append(
    connection: AsyncConnection, migration: UUID, kind: str, body: Mapping[str, object], at: datetime
) -> bytes:
    """Add a row and give the new head. The caller holds the migration's row, which puts appenders in one line."""
    head = (
        await connection.execute(
            text("SELECT evidence_count, evidence_digest FROM cadence_migration WHERE id = :id FOR UPDATE"),
            {"id": migration},
        )
    ).one()
    seq, previous, plain = head.evidence_count + 1, head.evidence_digest or BEGINNING, canonical_object(body)
    digest = digest_of(migration, seq, kind, at, plain, previous)
    row = {"migration": migration, "seq": seq, "kind": kind, "at": at, "previous": previous, "digest": digest}
    await connection.execute(_APPEND, row | {"body": orjson.dumps(plain).decode()})
    await connection.execute(
        text("UPDATE cadence_migration SET evidence_count = :seq, evidence_digest = :digest WHERE id = :id"),
        {"id": migration, "seq": seq, "digest": digest},
    )
    return digest


async def evidence_of(connection: AsyncConnection, migration: UUID) -> list[Evidence]:
    """All rows in order."""
    rows = await connection.execute(
        text(
            """SELECT migration, seq, kind, at, body, previous, digest FROM migration_evidence
               WHERE migration = :id ORDER BY seq"""
        ),
        {"id": migration},
    )
    return [Evidence(*row) for row in rows]


async def verify_evidence(connection: AsyncConnection, migration: UUID) -> Verified:
    """Recompute the chain and compare its end with what the migration says; NotFound for an unknown migration."""
    head = (
        await connection.execute(
            text("SELECT evidence_count, evidence_digest FROM cadence_migration WHERE id = :id"), {"id": migration}
        )
    ).one_or_none()
    if head is None:
        raise NotFound("there is no such migration")
    rows = await evidence_of(connection, migration)
    return verify(rows, head.evidence_count, head.evidence_digest)


def verify(rows: Sequence[Evidence], count: int, head: bytes) -> Verified:
    """The first row that was changed, moved or removed, if any; `count` and `head` are kept beside the rows."""
    previous = BEGINNING
    for place, row in enumerate(rows, start=1):
        if row.seq != place:
            return Verified(len(rows), head, place, f"row {place} is missing")
        if row.previous != previous:
            return Verified(len(rows), head, place, f"row {place} does not follow row {place - 1}")
        if row.computed != row.digest:
            return Verified(len(rows), head, place, f"row {place} was changed")
        previous = row.digest
    if len(rows) != count:
        return Verified(len(rows), head, min(len(rows), count) + 1, f"there are {len(rows)} rows instead of {count}")
    if rows and previous != head:
        return Verified(len(rows), head, len(rows), "the last row is not the one the migration ends with")
    return Verified(len(rows), head)
