"""Data keys per person and system: what is written under one is lost, in every copy, when the key is dropped."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.ids import fresh_id
from hub.store.master_key import MasterKeys
from hub.store.sealing import seal, unseal
from hub.store.sets import run_set
from hub.store.suppression import suppressed_among
from hub.store.wrapping import Wrapping

_CREATE = text(
    """INSERT INTO subject_key (id, system, subject, wrapped, created_at)
       SELECT r.id, :system, r.subject, r.wrapped, :now
       FROM unnest(CAST(:ids AS uuid[]), CAST(:subjects AS text[]), CAST(:wrapped AS bytea[]))
         AS r(id, subject, wrapped)
       ORDER BY r.subject ON CONFLICT (system, subject) DO NOTHING RETURNING id"""
)


class SubjectCipher:
    """One person's data key, opened."""

    def __init__(self, key_id: UUID, key: bytes) -> None:
        self.key_id = key_id
        self._key = AESGCM(key)

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt bytes that belong to this person."""
        return seal(self._key, plain, place.encode())

    def unseal(self, sealed: bytes, place: str) -> bytes:
        """Decrypt bytes sealed under this person's key for the same place."""
        return unseal(self._key, sealed, place.encode())


class KeyRing:
    """Opens data keys with the installation's master keys, or with one of 32 bytes."""

    def __init__(self, master: MasterKeys | bytes) -> None:
        masters = MasterKeys.of(master) if isinstance(master, bytes) else master
        self._wrapping = Wrapping(masters.keys)
        self._proving = masters.proofs

    def proof(self, content: bytes) -> bytes:
        """A keyed digest (HMAC-SHA-256): proves equality to whoever holds the key, reveals nothing to others."""
        return hmac.digest(self._proving, content, "sha256")

    async def ciphers(
        self, connection: AsyncConnection, system: str, subjects: Iterable[str], now: datetime
    ) -> Mapping[str, SubjectCipher]:
        """A cipher per subject, made where there is none yet; an erased subject is left out."""
        wanted = sorted(set(subjects))
        found = await self._load(connection, system, wanted)
        missing = [subject for subject in wanted if subject not in found]
        erased = await suppressed_among(connection, self, system, missing) if missing else frozenset()
        missing = [subject for subject in missing if subject not in erased]
        if missing:
            found |= await self._create(connection, system, missing, now)
            elsewhere = [subject for subject in missing if subject not in found]
            if elsewhere:
                found |= await self._load(connection, system, elsewhere)
        return {subject: cipher for subject, cipher in found.items() if cipher is not None}

    async def drop(
        self, connection: AsyncConnection, system: str, subjects: Iterable[str], now: datetime
    ) -> list[UUID]:
        """Lose the keys of these subjects for good; the rows stay, under a keyed hash in place of the subject.

        Returns their ids, which what they encrypted names.
        """
        rows = [{"subject": s, "hidden": f"erased:{self.proof(f'{system}/{s}'.encode()).hex()}"} for s in set(subjects)]
        dropped = await run_set(
            connection,
            """UPDATE subject_key k SET wrapped = NULL, erased_at = :now, subject = r.hidden
               FROM json_to_recordset(CAST(:rows AS json)) AS r(subject text, hidden text)
               WHERE k.system = :system AND k.subject = r.subject RETURNING k.id""",
            rows,
            system=system,
            now=now,
        )
        return list(dropped.scalars())

    async def cipher_of(self, connection: AsyncConnection, key_id: UUID) -> SubjectCipher | None:
        """The cipher under an id that a row names; None once erased."""
        return (await self.ciphers_of(connection, [key_id])).get(key_id)

    async def ciphers_of(self, connection: AsyncConnection, key_ids: Collection[UUID]) -> Mapping[UUID, SubjectCipher]:
        """The ciphers under ids that rows name, without those erased."""
        rows = await connection.execute(
            text("SELECT id, wrapped FROM subject_key WHERE id = ANY(:ids) AND wrapped IS NOT NULL"),
            {"ids": list(key_ids)},
        )
        return {row.id: self._open(row.id, row.wrapped) for row in rows}

    async def _load(
        self, connection: AsyncConnection, system: str, subjects: list[str]
    ) -> dict[str, SubjectCipher | None]:
        rows = await run_set(
            connection,
            """SELECT k.id, k.subject, k.wrapped FROM json_array_elements_text(CAST(:rows AS json)) AS r(subject)
               CROSS JOIN LATERAL (SELECT id, subject, wrapped FROM subject_key s
                 WHERE s.system = :system AND s.subject = r.subject LIMIT 1) k""",
            subjects,
            system=system,
        )
        return {
            subject: None if wrapped is None else self._open(key_id, wrapped) for key_id, subject, wrapped in rows.all()
        }

    async def _create(
        self, connection: AsyncConnection, system: str, subjects: list[str], now: datetime
    ) -> dict[str, SubjectCipher | None]:
        """The keys that came to be; a subject whom another transaction gave a key meanwhile is left out."""
        made: dict[UUID, tuple[str, bytes]] = {fresh_id(): (s, AESGCM.generate_key(256)) for s in subjects}
        inserted = await connection.execute(
            _CREATE,
            {
                "ids": list(made),
                "subjects": [subject for subject, _ in made.values()],
                "wrapped": [self._wrapping.wrap(key, key_id) for key_id, (_, key) in made.items()],
                "system": system,
                "now": now,
            },
        )
        return {made[key_id][0]: SubjectCipher(key_id, made[key_id][1]) for key_id in inserted.scalars().all()}

    def _open(self, key_id: UUID, wrapped: bytes) -> SubjectCipher:
        return SubjectCipher(key_id, self._wrapping.open(wrapped, key_id).key)
