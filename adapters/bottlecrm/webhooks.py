"""BottleCRM's signed calls: `X-BottleCRM-Signature: t=<unix>,v1=<hex HMAC-SHA256 of "<t>.<body>">` (webhooks/tasks.py).

The delivery's own number is not signed and differs between attempts by hand, so the event's id in the signed body names
it. An event tells fewer fields than a read (no rating, no probability), so a record that was made or changed is read;
of a deleted one nothing is left to read.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from adapters.bottlecrm.entities import ENTITIES
from hub.errors import Unauthorised
from hub.ports.standard_webhooks import fresh
from hub.ports.webhooks import Delivery, Signed, Subject, Told, Webhooks
from hub.records.identity import Entity, ExternalId
from hub.records.source import SourceObject, Unreadable

SIGNATURE: Final = "x-bottlecrm-signature"
_OF_EVENT: Final = {resource.event: entity for entity, resource in ENTITIES.items()}


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID


class _Event(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    id: UUID
    event: str
    created_at: AwareDatetime
    data: _Data | None = None


class BottleCrmWebhooks(Webhooks):
    """Accepts what any of `secrets` signed; events of other entities than `entities` are read and left."""

    def __init__(self, secrets: Sequence[str], entities: Sequence[Entity]) -> None:
        self._secrets = [secret.encode() for secret in secrets]
        self._entities = entities

    def verify(self, delivery: Delivery) -> Signed:
        """An event that cannot be read is still theirs: it is named by its bytes, and put aside later."""
        stamp, given = _parts(delivery.headers.get(SIGNATURE, ""))
        fresh(stamp, delivery.received_at)
        signed = stamp.encode() + b"." + delivery.body
        known = [hmac.new(secret, signed, hashlib.sha256).hexdigest().encode() for secret in self._secrets]
        # Every comparison is made, so that the time taken does not tell which one fitted.
        fits = [hmac.compare_digest(one, given.encode()) for one in known]
        if not any(fits):
            raise Unauthorised("the call's signature does not fit")
        event = _event(delivery.body)
        if event is None:
            return Signed(f"unreadable:{hashlib.sha256(delivery.body).hexdigest()}")
        return Signed(str(event.id), self._subject(event))

    def objects(self, body: bytes, headers: Mapping[str, str]) -> Told:
        """What to read again, or a record that is gone."""
        event = _event(body)
        if event is None:
            return Told(unreadable=(Unreadable(self._entities[0], "webhook", body, "is no event of BottleCRM"),))
        subject = self._subject(event)
        if subject is None:
            return Told()
        if event.event.endswith(".deleted"):
            gone_since: datetime = event.created_at.astimezone(UTC)
            return Told((SourceObject(subject.entity, subject.external_id, None, gone_since, raw=body),))
        return Told(changed=(subject,))

    def _subject(self, event: _Event) -> Subject | None:
        entity = _OF_EVENT.get(event.event.partition(".")[0])
        if entity is None or entity not in self._entities or event.data is None:
            return None
        return Subject(entity, ExternalId(str(event.data.id)))


def _parts(header: str) -> tuple[str, str]:
    """Time and signature; texts that fit nothing where the header is another."""
    parts = dict(part.partition("=")[::2] for part in header.split(","))
    return parts.get("t", ""), parts.get("v1", "")


def _event(body: bytes) -> _Event | None:
    try:
        return _Event.model_validate_json(body)
    except ValidationError:
        return None
