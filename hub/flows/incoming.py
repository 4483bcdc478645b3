"""Objects on their way into the store: mapped, digested, and reduced to one per object and page."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.errors import Invalid
from hub.mapping.contract.contract import Contract
from hub.mapping.contract.walk import Drift
from hub.mapping.record import RecordMapping
from hub.records.belongings import Belonging
from hub.records.customer import Canonical
from hub.records.identity import Entity
from hub.records.source import JsonObject, SourceObject, Unreadable


@dataclass(frozen=True, slots=True)
class Content:
    """What an object holds; `document` is its canonical JSON without defaults, `digest` the SHA-256 of that.

    `original` is what it was mapped from, where that is to be kept.
    """

    external_id: str
    as_of: datetime
    stamp: datetime | None
    fingerprint: str | None
    record: Canonical
    document: bytes
    digest: bytes
    original: JsonObject | None = None

    @property
    def owner(self) -> str | None:
        """The customer's external id in the same system; None for a customer, and for an orphan."""
        return self.record.customer if isinstance(self.record, Belonging) else None


def subject_of(entity: Entity, external_id: str) -> str:
    """Under whose data key an object is kept while its owner is not known; a customer owns himself."""
    return external_id if entity is Entity.CUSTOMER else f"{entity.value}:{external_id}"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One object that cannot be applied, with its original bytes; `source` None for bytes that are no object.

    `owner` is whose it is as far as it can be told, as in Content.
    """

    external_id: str | None
    place: str | None
    original: bytes
    as_of: datetime | None
    code: str
    path: str
    reason: str
    source: SourceObject | None = None
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """One object that differs from its contract, in one way; `owner` as of a Refusal."""

    drift: Drift
    source: SourceObject
    owner: str | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """A page, understood: the newest content and the latest tombstone per id, and what could not be understood.

    `drifts` have to be reported before the page is applied: one under FREEZE forbids that.
    """

    contents: Mapping[str, Content]
    tombstones: Mapping[str, datetime]
    refused: tuple[Refusal, ...]
    read: int
    drifts: tuple[Sighting, ...] = ()


IN_ONE_GO: Final = 20
"""Objects that are understood before other work of the event loop has its turn: about two milliseconds."""


def understand(objects: Iterable[SourceObject], unreadable: Iterable[Unreadable], mapping: RecordMapping) -> Incoming:
    """Map every object; one that breaks the contract is refused and keeps the others out of trouble."""
    understanding = _Understanding(mapping, unreadable)
    for source in objects:
        understanding.add(source)
    return understanding.incoming()


async def understand_by_turns(
    objects: Iterable[SourceObject], unreadable: Iterable[Unreadable], mapping: RecordMapping
) -> Incoming:
    """As `understand`, in steps between which what else waits is served: a page before it is applied meanwhile."""
    understanding = _Understanding(mapping, unreadable)
    for place, source in enumerate(objects, start=1):
        understanding.add(source)
        if place % IN_ONE_GO == 0:
            await asyncio.sleep(0)
    return understanding.incoming()


class _Understanding:
    """A page as far as it is understood."""

    def __init__(self, mapping: RecordMapping, unreadable: Iterable[Unreadable]) -> None:
        self._mapping = mapping
        self._contents: dict[str, Content] = {}
        self._tombstones: dict[str, datetime] = {}
        self._refused = [_unreadable(bytes_) for bytes_ in unreadable]
        self._drifts: list[Sighting] = []
        self._read = len(self._refused)

    def add(self, source: SourceObject) -> None:
        self._read += 1
        external_id = source.external_id
        if source.body is None:
            self._tombstones[external_id] = max(source.as_of, self._tombstones.get(external_id, source.as_of))
            return
        try:
            content = self._content(source, source.body)
        except Invalid as error:
            self._refused.append(_refused(source, error, self._mapping.owner_of(source.body)))
            return
        held = self._contents.get(external_id)
        if held is None or (content.as_of, content.digest) > (held.as_of, held.digest):
            self._contents[external_id] = content

    def incoming(self) -> Incoming:
        return Incoming(self._contents, self._tombstones, tuple(self._refused), self._read, tuple(self._drifts))

    def _content(self, source: SourceObject, body: JsonObject) -> Content:
        contract = self._mapping.contract
        if contract is not None and not contract.fits(body):
            body = _agreed(contract, source, body, self._mapping.owner_of(body), self._drifts)
        kept = None if self._mapping.originals_of is None else body
        return _content(source, self._mapping.record_of(body), kept)


def _agreed(
    contract: Contract, source: SourceObject, body: JsonObject, owner: str | None, drifts: list[Sighting]
) -> JsonObject:
    """What the contract takes of an object that does not fit it; Drifted when that is nothing."""
    judged = contract.judge(body)
    drifts += [Sighting(drift, source, owner) for drift in judged.drifts]
    if judged.refused is not None:
        raise judged.refused
    return judged.body


def _content(source: SourceObject, record: Canonical, original: JsonObject | None) -> Content:
    document = record.model_dump_json(exclude_defaults=True).encode()
    return Content(
        external_id=source.external_id,
        as_of=source.as_of,
        stamp=source.stamp,
        fingerprint=source.fingerprint,
        record=record,
        document=document,
        digest=hashlib.sha256(document).digest(),
        original=original,
    )


def _refused(source: SourceObject, error: Invalid, owner: str | None) -> Refusal:
    return Refusal(
        external_id=source.external_id,
        place=None,
        original=source.original,
        as_of=source.as_of,
        code=error.code,
        path=".".join(error.path),
        reason=error.message,
        source=source,
        owner=owner,
    )


def _unreadable(line: Unreadable) -> Refusal:
    return Refusal(
        external_id=None,
        place=line.place,
        original=line.raw,
        as_of=None,
        code="UNREADABLE",
        path="",
        reason=line.reason,
    )
