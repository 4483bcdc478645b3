"""The port for systems that call the hub: who may speak, what an event is called, and what it says.

Nothing here connects to anything: the web process verifies before it stores, a worker understands what was stored.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from hub.records.identity import Entity, ExternalId
from hub.records.source import SourceObject, Unreadable


@dataclass(frozen=True, slots=True)
class Delivery:
    """One call as it arrived, not trusted yet: header names in lower case, the body byte for byte."""

    headers: Mapping[str, str]
    body: bytes
    received_at: datetime


@dataclass(frozen=True, slots=True)
class Subject:
    """The object an event is about."""

    entity: Entity
    external_id: ExternalId


@dataclass(frozen=True, slots=True)
class Signed:
    """A call that comes from the system. `event_id` is equal for every delivery of one event and covered by the
    signature: under it the event is stored once. Events of one `subject` are taken in one after the other.
    """

    event_id: str
    subject: Subject | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """What an event says.

    `objects` are complete, as a page would hold them, `as_of` the source's own stamp; `body` None for a deleted one.
    `changed` names objects of which the event tells less than a read does: the hub reads them at the source.
    """

    objects: tuple[SourceObject, ...] = ()
    changed: tuple[Subject, ...] = ()
    unreadable: tuple[Unreadable, ...] = ()


class Webhooks(ABC):
    """How one system calls the hub."""

    kept_headers: frozenset[str] = frozenset()
    """Names of the headers, in lower case, that `objects` needs besides the body; none of them may be a secret."""

    @abstractmethod
    def verify(self, delivery: Delivery) -> Signed:
        """Raises Unauthorised for a call that is forged, altered, or older than the scheme allows; reads no clock."""

    @abstractmethod
    def objects(self, body: bytes, headers: Mapping[str, str]) -> Told:
        """What a verified body says. What cannot be understood is in `unreadable`; raises nothing."""
