"""Versions of documents: every accepted content, encrypted for its subject, and the ledger row that proves it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.insert import insert_new
from hub.store.keys import KeyRing, SubjectCipher
from hub.store.originals import Original, unpacked
from hub.store.sets import run_set
from hub.store.tables import ChangeLedger, DocumentVersion


@dataclass(frozen=True, slots=True)
class NewVersion:
    """One accepted content; `subject` names the person whose key protects it and its original, as packed."""

    external_id: str
    version: int
    as_of: datetime
    document: bytes
    subject: str
    original: bytes | None = None


@dataclass(frozen=True, slots=True)
class Origin:
    """By which road the versions came; `lane_id` and `run_id` None for an answer to our own command."""

    system: str
    entity: str
    lane_id: int | None
    run_id: UUID | None
    mapping_version: str


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """One version read back; `document` is None once the subject's key is gone.

    `original` is None then too, where none was kept, and unless it was asked for.
    """

    version: int
    as_of: datetime
    observed_at: datetime
    document: bytes | None
    original: Original | None = None


_VERSION: Final = (
    *("system", "entity", "external_id", "version", "as_of", "observed_at", "subject_key_id", "body", "digest"),
    "original",
)

_ENTRY: Final = (
    *("system", "entity", "external_id", "version", "lane_id", "run_id", "mapping_version", "effective_at"),
    *("observed_at", "digest"),
)


def _place(system: str, entity: str, external_id: str, version: int) -> str:
    return f"{system}/{entity}/{external_id}/{version}"


def _of_original(place: str) -> str:
    return f"{place}/original"


async def append_versions(
    connection: AsyncConnection,
    origin: Origin,
    versions: Sequence[NewVersion],
    ciphers: Mapping[str, SubjectCipher],
    keys: KeyRing,
    now: datetime,
) -> None:
    """Keep the contents and their ledger rows; the caller left out subjects that have no cipher any more."""
    bodies: list[tuple[object, ...]] = []
    entries: list[tuple[object, ...]] = []
    for new in versions:
        cipher, proof = ciphers[new.subject], keys.proof(new.document)
        key = (origin.system, origin.entity, new.external_id, new.version)
        place = _place(*key)
        original = None if new.original is None else cipher.seal(new.original, _of_original(place))
        bodies.append((*key, new.as_of, now, cipher.key_id, cipher.seal(new.document, place), proof, original))
        entries.append((*key, origin.lane_id, origin.run_id, origin.mapping_version, new.as_of, now, proof))
    await insert_new(connection, ChangeLedger, _ENTRY, entries)
    await insert_new(connection, DocumentVersion, _VERSION, bodies)


async def versions_of(
    connection: AsyncConnection, keys: KeyRing, system: str, entity: str, external_id: str
) -> list[StoredVersion]:
    """Every version of one object, oldest first."""
    return (await versions_of_many(connection, keys, system, entity, [external_id])).get(external_id, [])


async def versions_of_many(
    connection: AsyncConnection,
    keys: KeyRing,
    system: str,
    entity: str,
    external_ids: Sequence[str],
    *,
    originals: bool = False,
) -> dict[str, list[StoredVersion]]:
    """Every version of each of these objects, oldest first; one that is not known is left out."""
    rows = await run_set(
        connection,
        f"""SELECT d.* FROM json_array_elements_text(CAST(:rows AS json)) AS r(external_id)
           CROSS JOIN LATERAL (SELECT v.system, v.entity, v.external_id, v.version, v.as_of, v.observed_at,
               v.subject_key_id, v.body, {"v.original" if originals else "NULL::bytea AS original"}
             FROM document_version v
             WHERE v.system = :system AND v.entity = :entity AND v.external_id = r.external_id) d
           ORDER BY d.external_id, d.version""",  # noqa: S608  words of ours
        external_ids,
        system=system,
        entity=entity,
    )
    stored = rows.all()
    documents, kept = await opened_versions(connection, keys, stored), await opened_originals(connection, keys, stored)
    found: dict[str, list[StoredVersion]] = {}
    for row, document, original in zip(stored, documents, kept, strict=True):
        version = StoredVersion(row.version, row.as_of, row.observed_at, document, original)
        found.setdefault(row.external_id, []).append(version)
    return found


async def opened_versions(connection: AsyncConnection, keys: KeyRing, rows: Sequence[Row[Any]]) -> list[bytes | None]:
    """The content of each of these whole rows of `document_version`, None once the key of its subject is gone."""
    ciphers = await keys.ciphers_of(connection, {row.subject_key_id for row in rows})
    found: list[bytes | None] = []
    for row in rows:
        cipher, place = ciphers.get(row.subject_key_id), _place(row.system, row.entity, row.external_id, row.version)
        found.append(None if cipher is None or row.body is None else cipher.unseal(row.body, place))
    return found


async def opened_originals(
    connection: AsyncConnection, keys: KeyRing, rows: Sequence[Row[Any]]
) -> list[Original | None]:
    """Likewise what each was mapped from; None where none was kept."""
    sealed = {row.subject_key_id for row in rows if row.original is not None}
    ciphers = await keys.ciphers_of(connection, sealed) if sealed else {}
    found: list[Original | None] = []
    for row in rows:
        cipher, place = ciphers.get(row.subject_key_id), _place(row.system, row.entity, row.external_id, row.version)
        if cipher is None or row.original is None:
            found.append(None)
        else:
            found.append(unpacked(cipher.unseal(row.original, _of_original(place))))
    return found
