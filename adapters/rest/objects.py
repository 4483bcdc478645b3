"""Records of an API's answers as source objects."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

import jmespath
import orjson

from adapters.rest.options import EntityPaths
from hub.errors import Rejected
from hub.records.identity import Entity, ExternalId
from hub.records.source import JsonObject, JsonValue, SourceObject, Unreadable

Find = Callable[[JsonValue], JsonValue]
_BEYOND: Final = 253_402_300_800  # seconds since 1970 of the year 10000, after which there is no datetime


def finder(expression: str) -> Find:
    """A compiled JMESPath; plain names, by far the most, are looked up directly."""
    if expression == "@":
        return lambda body: body
    if expression.isidentifier():
        return lambda body: body.get(expression) if isinstance(body, Mapping) else None
    compiled = jmespath.compile(expression)

    def find(body: JsonValue) -> JsonValue:
        found: JsonValue = compiled.search(body)
        return found

    return find


class Reader:
    """Reads one entity's records."""

    def __init__(self, entity: Entity, paths: EntityPaths) -> None:
        self._entity = entity
        self._list = finder(paths.records)
        self._one = finder(paths.one_record)
        self._id = finder(paths.id)
        self._stamp = None if paths.stamp is None else finder(paths.stamp)
        self._deleted = None if paths.deleted is None else finder(paths.deleted)

    def records(self, body: JsonValue) -> Sequence[JsonValue]:
        """The list in an answer; Rejected where none stands."""
        found = self._list(body)
        if isinstance(found, str) or not isinstance(found, Sequence):
            raise Rejected("the API's answer holds no list where `records` points")
        return found

    def one(self, body: JsonValue) -> JsonValue:
        """The record in the answer for one."""
        return self._one(body)

    def object_of(
        self, record: JsonValue, place: str, as_of: datetime | None, read_until: datetime | None = None
    ) -> SourceObject | Unreadable:
        """`as_of` None: the record's own stamp, yet no later than `read_until`, by when it had been read.

        A stamp from a clock that runs ahead would otherwise refuse every change until that time has come. Without an id
        or a readable stamp the record is unreadable.
        """
        if not isinstance(record, Mapping):
            return self._unreadable(record, place, "is not a JSON object")
        external_id = self._id(record)
        if isinstance(external_id, bool) or not isinstance(external_id, str | int) or external_id == "":
            return self._unreadable(record, place, "has no id where `id` points")
        stamp = None if self._stamp is None else instant(self._stamp(record))
        if self._stamp is not None and stamp is None:
            return self._unreadable(record, place, "has no time where `stamp` points")
        known_at = as_of or stamp
        if as_of is None and stamp is not None and read_until is not None:
            known_at = min(stamp, read_until)
        if known_at is None:
            raise AssertionError("a list without stamps is read as of its beginning")
        gone = self._deleted is not None and self._deleted(record) is True
        body: JsonObject | None = None if gone else record
        return SourceObject(
            self._entity, ExternalId(str(external_id)), body, known_at, stamp, None if gone else _fingerprint(record)
        )

    def _unreadable(self, record: JsonValue, place: str, reason: str) -> Unreadable:
        return Unreadable(self._entity, place, orjson.dumps(record), f"the record {reason}")


def instant(value: JsonValue) -> datetime | None:
    """ISO 8601 (UTC when it names no offset) or seconds since 1970; None for anything else."""
    if isinstance(value, str):
        try:
            parsed = datetime.fromisoformat(value)
        except ValueError:
            return None
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _BEYOND:
        return datetime.fromtimestamp(value, UTC)
    return None


def _fingerprint(record: JsonValue) -> str:
    return hashlib.sha256(orjson.dumps(record, option=orjson.OPT_SORT_KEYS)).hexdigest()
