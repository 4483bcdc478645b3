"""The adapter of a branch office's program, a simulator: the shop's API of customers, and Standard Webhooks besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Final

from pydantic import BaseModel, JsonValue, ValidationError

from adapters.rest.objects import Reader
from adapters.rest.options import RestOptions
from adapters.rest.port import RestPort
from hub.ports.limits import DEFAULT_LIMITS, CallLimits
from hub.ports.standard_webhooks import StandardSecret, StandardSignatures
from hub.ports.system import Adapter
from hub.ports.webhooks import Delivery, Signed, Subject, Told, Webhooks
from hub.records.identity import Entity, ExternalId, SystemName
from hub.records.source import SourceObject, Unreadable

CUSTOMER: Final = Entity.CUSTOMER


class BranchOptions(RestOptions):
    """Of the API, and the secrets of its calls."""

    webhook_secrets: tuple[StandardSecret, ...]


class Event(BaseModel):
    """The body of a call: one customer as he became `at`, by the program's clock; `customer` None: he is gone."""

    id: str
    at: datetime
    customer: dict[str, JsonValue] | None


class BranchWebhooks(Webhooks):
    """Each event tells one customer in full."""

    def __init__(self, options: BranchOptions) -> None:
        self._signatures = StandardSignatures([secret.get_secret_value() for secret in options.webhook_secrets])
        self._reader = Reader(CUSTOMER, options.entities[CUSTOMER])

    def verify(self, delivery: Delivery) -> Signed:
        event_id = self._signatures.verify(delivery)
        return Signed(event_id, Subject(CUSTOMER, ExternalId(Event.model_validate_json(delivery.body).id)))

    def objects(self, body: bytes, headers: Mapping[str, str]) -> Told:
        try:
            event = Event.model_validate_json(body)
        except ValidationError:
            return Told(unreadable=(Unreadable(CUSTOMER, "webhook", body, "is no event of this program"),))
        if event.customer is None:
            return Told((SourceObject(CUSTOMER, ExternalId(event.id), None, event.at),))
        found = self._reader.object_of(event.customer, "webhook", None)
        return Told(unreadable=(found,)) if isinstance(found, Unreadable) else Told((found,))


class BranchPort(RestPort):
    """The shop's port that also pushes."""

    def __init__(self, name: SystemName, options: BranchOptions, limits: CallLimits = DEFAULT_LIMITS) -> None:
        super().__init__(name, options, limits)
        self.capabilities = {
            entity: replace(can, push=True, push_in_full=True) for entity, can in self.capabilities.items()
        }


ADAPTER: Final = Adapter(
    name="branch",
    options=BranchOptions,
    open=BranchPort,
    webhooks=lambda _name, options: BranchWebhooks(options),
)
