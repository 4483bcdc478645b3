"""Calls of the fake package: Standard Webhooks, each with the whole object in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from adapters.memory.store import MemoryStore
from hub.ports.standard_webhooks import StandardSignatures
from hub.ports.webhooks import Delivery, Signed, Subject, Told, Webhooks
from hub.records.identity import Entity, ExternalId
from hub.records.source import SourceObject, Unreadable


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    entity: Entity
    id: str
    at: datetime
    fingerprint: str | None = None
    body: dict[str, JsonValue] | None = None


class MemoryWebhooks(Webhooks):
    """Verifies with any of `secrets`; what it cannot read belongs to the first of `entities`."""

    def __init__(self, secrets: Sequence[str], entities: Sequence[Entity]) -> None:
        self._signatures = StandardSignatures(secrets)
        self._entities = entities

    def verify(self, delivery: Delivery) -> Signed:
        """The id is the message's own."""
        event_id = self._signatures.verify(delivery)
        event = _event(delivery.body)
        return Signed(event_id, None if event is None else Subject(event.entity, ExternalId(event.id)))

    def objects(self, body: bytes, headers: Mapping[str, str]) -> Told:
        """One object, complete, or the news that it is gone."""
        event = _event(body)
        if event is None:
            return Told(unreadable=(Unreadable(self._entities[0], "webhook", body, "is no event of this package"),))
        stamp = None if event.body is None else event.at
        external_id = ExternalId(event.id)
        return Told((SourceObject(event.entity, external_id, event.body, event.at, stamp, event.fingerprint, body),))


def event_of(store: MemoryStore, entity: Entity, external_id: str) -> bytes:
    """What the fake package sends about an object as it is now."""
    now = store.read(entity, external_id)
    at = now.as_of if now.stamp is None else now.stamp
    body = None if now.body is None else dict(now.body)
    event = _Event.model_validate(
        {"entity": entity, "id": external_id, "at": at, "fingerprint": now.fingerprint, "body": body}
    )
    return event.model_dump_json().encode()


def _event(body: bytes) -> _Event | None:
    try:
        return _Event.model_validate_json(body)
    except ValidationError:
        return None
