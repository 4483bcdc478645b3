"""What an adapter hands over: a package's own words about one object, not yet mapped to a canonical record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

import orjson

from hub.records.identity import Entity, ExternalId

JsonValue: TypeAlias = "str | int | float | bool | Sequence[JsonValue] | Mapping[str, JsonValue] | None"
JsonObject: TypeAlias = Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class SourceObject:
    """One object with its children, as read or received.

    `as_of` orders everything the hub hears about an object: the instant, in the *source's* clock, from which this
    content is known to be true. A page or an event carries the source's own change stamp there; a read by id, and a
    row of an export without versions, the instant of the read (for an export: when it began).
    `stamp` is the source's change stamp (the newest over the object and its children), None where it has none.
    `fingerprint` is equal for two reads exactly when neither the object nor any of its children changed between them.
    `body` None says that the object is gone. `raw` are the original bytes where they differ from the body's JSON.
    """

    entity: Entity
    external_id: ExternalId
    body: JsonObject | None
    as_of: datetime
    stamp: datetime | None = None
    fingerprint: str | None = None
    raw: bytes | None = None

    @property
    def original(self) -> bytes:
        """The bytes to keep when the object cannot be understood."""
        return self.raw if self.raw is not None else orjson.dumps(self.body)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Bytes that are not even an object of the package; `place` says where they stood (a file and line)."""

    entity: Entity
    place: str
    raw: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class SweptId:
    """One id that exists at the source now, with the fingerprint a full read would carry (None: not cheap there)."""

    external_id: ExternalId
    fingerprint: str | None
