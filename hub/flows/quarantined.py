"""Objects in quarantine: found by id or by what they have in common, and opened with their subject's key."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Row, case, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict, NotFound
from hub.flows.tables import Quarantine
from hub.records.identity import Entity, ExternalId
from hub.records.source import JsonObject, SourceObject
from hub.records.states import QuarantineState
from hub.store.audit import Deed, record_deed
from hub.store.keys import KeyRing, SubjectCipher

QUARANTINED: Final = "QuarantinedObject"
"""How the audit trail names what waits here."""

UNREADABLE: Final = "UNREADABLE"
"""Code of bytes that are not even an object of the package."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which quarantined objects, all of it; None leaves a condition out. `since` is when they were put aside."""

    ids: Sequence[int] | None = None
    system: str | ColumnElement[str] | None = None
    entity: str | ColumnElement[str] | None = None
    code: str | ColumnElement[str] | None = None
    since: datetime | ColumnElement[datetime] | None = None
    state: QuarantineState | None = QuarantineState.OPEN

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """As a statement takes them."""
        if self.ids is not None:
            yield Quarantine.id.in_(self.ids)
        if self.system is not None:
            yield Quarantine.system == self.system
        if self.entity is not None:
            yield Quarantine.entity == self.entity
        if self.code is not None:
            yield Quarantine.code == self.code
        if self.since is not None:
            yield Quarantine.at >= self.since
        if self.state is not None:
            yield Quarantine.state == self.state.value


_KEY_ORDER: Final = (
    case((Quarantine.entity == Entity.CUSTOMER.value, 0), else_=1),
    Quarantine.system,
    Quarantine.entity,
    Quarantine.external_id,
    Quarantine.as_of,
    Quarantine.id,
)


@dataclass(frozen=True, slots=True)
class Held:
    """One object as it waits; `source` None when nothing readable is known of it, `erased` when its key is gone."""

    id: int
    lane_id: int
    system: str
    entity: Entity
    external_id: str | None
    code: str
    path: str
    reason: str
    corrected_at: datetime | None
    source: SourceObject | None
    erased: bool


@dataclass(frozen=True, slots=True)
class Revealed:
    """The decrypted bytes of one object: as they came, in JSON where that is not JSON, and as a person corrected it."""

    original: bytes
    content: bytes | None
    corrected: bytes | None


async def chosen_ids(connection: AsyncConnection, chosen: Chosen, limit: int) -> list[int]:
    """The ids of the chosen objects in key order: customers before what is theirs, older contents first."""
    statement = select(Quarantine.id).where(*chosen.conditions()).order_by(*_KEY_ORDER).limit(limit)
    return list((await connection.execute(statement)).scalars())


async def held(connection: AsyncConnection, keys: KeyRing, chosen: Chosen, limit: int) -> list[Held]:
    """The first of the chosen objects in key order, opened."""
    statement = select(Quarantine).where(*chosen.conditions()).order_by(*_KEY_ORDER).limit(limit)
    rows = (await connection.execute(statement)).all()
    ciphers = {key: await keys.cipher_of(connection, key) for key in {row.subject_key_id for row in rows}}
    return [_held(row, ciphers[row.subject_key_id]) for row in rows]


def one_or_all(ids: Sequence[int]) -> str:
    """What the audit trail writes for a deed on these objects."""
    return str(ids[0]) if len(ids) == 1 else "*"


async def reveal(
    connection: AsyncConnection, keys: KeyRing, quarantine_id: int, principal: str, now: datetime
) -> Revealed | None:
    """Show a person what is hidden of one object, and note that he saw it; None once the object's person was erased.

    NotFound for an id that is none, Conflict once it was closed for so long that its content is forgotten.
    """
    row = (await connection.execute(select(Quarantine).where(Quarantine.id == quarantine_id))).one_or_none()
    if row is None:
        raise NotFound(f"there is no quarantined object {quarantine_id}")
    if not row.body:
        raise Conflict(f"quarantined object {quarantine_id} was closed long ago; its content is forgotten")
    cipher = await keys.cipher_of(connection, row.subject_key_id)
    if cipher is None:
        return None
    await record_deed(connection, Deed(principal, "revealQuarantined", QUARANTINED, str(quarantine_id)), now)
    return opened(row, cipher)


def opened(row: Row[Any], cipher: SubjectCipher) -> Revealed:
    """The bytes of a whole row that are not forgotten yet."""
    digest = row.digest.hex()
    content = None if row.content is None else cipher.unseal(row.content, f"{digest}/json")
    corrected = None if row.corrected is None else cipher.unseal(row.corrected, corrected_place(row.digest))
    return Revealed(cipher.unseal(row.body, digest), content, corrected)


def corrected_place(digest: bytes) -> str:
    """Where a correction belongs, for the cipher."""
    return f"{digest.hex()}/corrected"


def _held(row: Row[Any], cipher: SubjectCipher | None) -> Held:
    body = None if cipher is None or not row.body else _body(row, cipher)
    source = None
    if body is not None and row.external_id is not None:
        source = SourceObject(
            Entity(row.entity),
            ExternalId(row.external_id),
            body,
            row.as_of or row.at,  # bytes that could not be read say nothing about their time
            row.stamp,
            row.fingerprint,
        )
    return Held(
        id=row.id,
        lane_id=row.lane_id,
        system=row.system,
        entity=Entity(row.entity),
        external_id=row.external_id,
        code=row.code,
        path=row.path,
        reason=row.reason,
        corrected_at=row.corrected_at,
        source=source,
        erased=cipher is None,
    )


def _body(row: Row[Any], cipher: SubjectCipher) -> JsonObject | None:
    digest = row.digest.hex()
    if row.corrected is not None:
        written = cipher.unseal(row.corrected, corrected_place(row.digest))
    elif row.content is not None:
        written = cipher.unseal(row.content, f"{digest}/json")
    elif row.code == UNREADABLE:
        return None
    else:
        written = cipher.unseal(row.body, digest)
    body: JsonObject = orjson.loads(written)
    return body
