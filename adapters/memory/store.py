"""The fake package behind the memory adapter: records in a dictionary, a clock that tests move, faults on demand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import orjson

from hub.errors import Transient
from hub.ports.keyset import Position
from hub.records.identity import Entity, ExternalId
from hub.records.source import JsonObject, JsonValue, SourceObject


@dataclass
class StoredObject:
    """Lists of objects with an `external_id` are children, which have stamps of their own as in real packages."""

    body: dict[str, JsonValue]
    own_stamp: datetime
    key: str | None = None
    child_stamps: dict[tuple[str, str], datetime] = field(default_factory=dict)

    @property
    def stamp(self) -> datetime:
        """The newest over the object and its children; it goes back when the newest child is deleted."""
        return max([self.own_stamp, *self.child_stamps.values()])

    def children(self, name: str) -> dict[str, JsonObject]:
        """The children of one list by id."""
        listed = self.body.get(name)
        if not isinstance(listed, list | tuple):
            return {}
        return {str(child["external_id"]): child for child in listed if isinstance(child, Mapping)}

    def set_children(self, name: str, children: Mapping[str, JsonObject]) -> None:
        """Replace one list."""
        self.body[name] = [children[child_id] for child_id in sorted(children)]


class MemoryStore:
    """A fake: nothing is kept when the process ends. Ids are whole numbers as text; the clock stands until moved.

    `calls` counts all calls that reached it, refused ones too.
    """

    def __init__(self, clock: datetime = datetime(2026, 1, 5, 9, tzinfo=UTC)) -> None:
        self.clock = clock
        self.calls = 0
        self._objects: dict[Entity, dict[int, StoredObject]] = {}
        self._available = True
        self._patience: list[float] = []
        self._answers_to_drop = 0

    def advance(self, by: timedelta) -> None:
        """Move the clock."""
        self.clock += by

    def put(
        self, entity: Entity, external_id: str, body: JsonObject, stamp: datetime | None = None, key: str | None = None
    ) -> None:
        """Make or replace an object. A `stamp` before the clock is a transaction that commits late."""
        stored = StoredObject(dict(body), stamp or self.clock, key)
        for name in body:
            stored.child_stamps |= {(name, child_id): stored.own_stamp for child_id in stored.children(name)}
        self.objects(entity)[int(external_id)] = stored

    def put_child(self, entity: Entity, external_id: str, name: str, child: JsonObject) -> None:
        """Make or replace a child; the parent's own stamp stays."""
        stored, child_id = self.objects(entity)[int(external_id)], str(child["external_id"])
        stored.set_children(name, stored.children(name) | {child_id: child})
        stored.child_stamps[name, child_id] = self.clock

    def remove(self, entity: Entity, external_id: str) -> None:
        """Delete an object without leaving a trace."""
        del self.objects(entity)[int(external_id)]

    def remove_child(self, entity: Entity, external_id: str, name: str, child_id: str) -> None:
        """Delete a child; no stamp moves forward."""
        stored = self.objects(entity)[int(external_id)]
        stored.set_children(name, {known: child for known, child in stored.children(name).items() if known != child_id})
        del stored.child_stamps[name, child_id]

    def stop(self) -> None:
        """Every call is refused until `start`."""
        self._available = False

    def start(self) -> None:
        """End of `stop`."""
        self._available = True

    def ask_patience(self, retry_after_s: float, times: int = 1) -> None:
        """Refuse the next calls as a package does that is called too often."""
        self._patience += [retry_after_s] * times

    def drop_next_answer(self) -> None:
        """The next command takes effect and its answer is lost."""
        self._answers_to_drop += 1

    def admit(self) -> None:
        """What every call passes first. Raises Transient as the faults say."""
        self.calls += 1
        if not self._available:
            raise Transient("the memory store is stopped")
        if self._patience:
            raise Transient("the memory store asks for patience", retry_after_s=self._patience.pop(0))

    def answer_lost(self) -> bool:
        """Whether the command that just took effect loses its answer."""
        if self._answers_to_drop == 0:
            return False
        self._answers_to_drop -= 1
        return True

    def objects(self, entity: Entity) -> dict[int, StoredObject]:
        """All objects of the entity by id."""
        return self._objects.setdefault(entity, {})

    def in_order(self, entity: Entity) -> list[tuple[Position, StoredObject]]:
        """All objects by (stamp, id)."""
        found = [(Position(stored.stamp, number), stored) for number, stored in self.objects(entity).items()]
        return sorted(found, key=lambda pair: pair[0])

    def read(self, entity: Entity, external_id: str) -> SourceObject:
        """The object as of now, a tombstone where it is gone."""
        stored = self.objects(entity).get(int(external_id)) if external_id.isdecimal() else None
        if stored is None:
            return SourceObject(entity, ExternalId(external_id), None, self.clock)
        return SourceObject(
            entity, ExternalId(external_id), dict(stored.body), self.clock, stored.stamp, fingerprint(stored)
        )


def fingerprint(stored: StoredObject) -> str:
    """A digest of the body, children included."""
    return hashlib.blake2b(orjson.dumps(stored.body, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()
