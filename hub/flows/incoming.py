"""Objects on their way into the store: mapped, digested, and reduced to one per object and page."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from hub.errors import Invalid
from hub.mapping.record import RecordMapping
from hub.records.belongings import Belonging
from hub.records.customer import Canonical
from hub.records.source import SourceObject, Unreadable


@dataclass(frozen=True, slots=True)
class Content:
    """What an object holds; `document` is its canonical JSON without defaults, `digest` the SHA-256 of that."""

    external_id: str
    as_of: datetime
    stamp: datetime | None
    fingerprint: str | None
    record: Canonical
    document: bytes
    digest: bytes

    @property
    def owner(self) -> str | None:
        """The customer's external id in the same system; None for a customer, and for an orphan."""
        return self.record.customer if isinstance(self.record, Belonging) else None


@dataclass(frozen=True, slots=True)
class Refusal:
    """One object that breaks the contract, with its original bytes."""

    external_id: str | None
    place: str | None
    original: bytes
    as_of: datetime | None
    code: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """A page, understood: the newest content and the latest tombstone per id, and what could not be understood."""

    contents: Mapping[str, Content]
    tombstones: Mapping[str, datetime]
    refused: tuple[Refusal, ...]
    read: int


def understand(objects: Iterable[SourceObject], unreadable: Iterable[Unreadable], mapping: RecordMapping) -> Incoming:
    """Map every object; one that breaks the contract is refused and keeps the others out of trouble."""
    contents: dict[str, Content] = {}
    tombstones: dict[str, datetime] = {}
    refused = [_unreadable(bytes_) for bytes_ in unreadable]
    read = len(refused)
    for source in objects:
        read += 1
        if source.body is None:
            tombstones[source.external_id] = max(source.as_of, tombstones.get(source.external_id, source.as_of))
            continue
        try:
            content = _content(source, mapping.record_of(source.body))
        except Invalid as error:
            refused.append(_refused(source, error))
            continue
        held = contents.get(source.external_id)
        if held is None or (content.as_of, content.digest) > (held.as_of, held.digest):
            contents[source.external_id] = content
    return Incoming(contents, tombstones, tuple(refused), read)


def _content(source: SourceObject, record: Canonical) -> Content:
    document = record.model_dump_json(exclude_defaults=True).encode()
    return Content(
        external_id=source.external_id,
        as_of=source.as_of,
        stamp=source.stamp,
        fingerprint=source.fingerprint,
        record=record,
        document=document,
        digest=hashlib.sha256(document).digest(),
    )


def _refused(source: SourceObject, error: Invalid) -> Refusal:
    return Refusal(
        external_id=source.external_id,
        place=None,
        original=source.original,
        as_of=source.as_of,
        code=error.code,
        path=".".join(error.path),
        reason=error.message,
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
