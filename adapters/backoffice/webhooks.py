"""Reports of a back office: signed by Standard Webhooks, each with the whole order as it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from hub.ports.standard_webhooks import StandardSignatures
from hub.ports.webhooks import Delivery, Signed, Subject, Told, Webhooks
from hub.records.identity import Entity, ExternalId
from hub.records.source import SourceObject, Unreadable

TYPE: Final = "order.status"


class _Order(BaseModel):
    model_config = ConfigDict(frozen=True, extra="allow")

    id: str = Field(min_length=1, max_length=200)
    updated_at: AwareDatetime


class _Report(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")

    type: str
    order: _Order


class BackOfficeWebhooks(Webhooks):
    """Accepts what any of `secrets` signed; a report of another type than order.status is read and left."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._signatures = StandardSignatures(secrets)

    def verify(self, delivery: Delivery) -> Signed:
        """Reports of one order are taken in one after the other."""
        event_id = self._signatures.verify(delivery)
        report = _report(delivery.body)
        subject = None if report is None else Subject(Entity.BUSINESS_REQUEST, ExternalId(report.order.id))
        return Signed(event_id, subject)

    def objects(self, body: bytes, headers: Mapping[str, str]) -> Told:
        """The order, complete, as of its own change."""
        report = _report(body)
        if report is None:
            unreadable = Unreadable(Entity.BUSINESS_REQUEST, "webhook", body, "is no report of an order")
            return Told(unreadable=(unreadable,))
        if report.type != TYPE:
            return Told()
        order = report.order
        content = order.model_dump(mode="json")
        at, external_id = order.updated_at, ExternalId(order.id)
        return Told((SourceObject(Entity.BUSINESS_REQUEST, external_id, content, at, at, at.isoformat(), body),))


def _report(body: bytes) -> _Report | None:
    try:
        return _Report.model_validate_json(body)
    except ValidationError:
        return None
