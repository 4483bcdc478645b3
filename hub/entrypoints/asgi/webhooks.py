"""What connected packages call: `POST /webhooks/{system}`, verified, stored once, answered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from hub.clock import Clock
from hub.entrypoints.asgi.answers import problem, refused
from hub.entrypoints.asgi.running import Running
from hub.errors import HubError, Transient, Unauthorised
from hub.exchange.inbox import Inbox, PushedEvent
from hub.observe.metrics import Metrics
from hub.ports.webhooks import Delivery, Signed, Webhooks
from hub.records.identity import SystemName

STORE_WITHIN_S: Final = 5.0
"""Senders give up after 10 s or so and send again; a clear "later" reaches them before that."""

TOO_LARGE: Final = "TOO_LARGE"


class WebhookEndpoint:
    """Nothing of a call is believed, kept or logged before its signature is proved."""

    def __init__(self, webhooks: Mapping[SystemName, Webhooks], metrics: Metrics, clock: Clock, bytes_max: int) -> None:
        self._webhooks = webhooks
        self._metrics = metrics
        self._clock = clock
        self._bytes_max = bytes_max

    async def receive(self, request: Request) -> Response:
        """202 for an event that is stored, now or before; what to do with it is a worker's work."""
        system = SystemName(request.path_params["system"])
        webhooks = self._webhooks.get(system)
        if webhooks is None:
            return problem(404, "NOT_FOUND", "no system of this name calls the hub")
        running: Running = request.app.state.running
        outcome, response = await self._answered(request, running.inbox, system, webhooks)
        self._metrics.received_webhook(system, outcome)
        return response

    async def _answered(
        self, request: Request, inbox: Inbox, system: SystemName, webhooks: Webhooks
    ) -> tuple[str, Response]:
        try:
            body = await self._body(request)
        except ClientDisconnect:
            return "DISCONNECTED", Response(status_code=400)
        if body is None:
            return TOO_LARGE, problem(413, TOO_LARGE, f"a webhook may have at most {self._bytes_max} bytes")
        delivery = Delivery(dict(request.headers), body, self._clock())
        try:
            signed = webhooks.verify(delivery)
            new = await _stored(inbox, _event(system, webhooks, delivery, signed))
        except Unauthorised as error:
            return error.code, problem(401, error.code, error.message)
        except HubError as error:
            return error.code, refused(error)
        return "ACCEPTED" if new else "DUPLICATE", Response(status_code=202)

    async def _body(self, request: Request) -> bytes | None:
        """None as soon as it is too long, however long it would become."""
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > self._bytes_max:
                return None
        return bytes(body)


def _event(system: SystemName, webhooks: Webhooks, delivery: Delivery, signed: Signed) -> PushedEvent:
    subject = signed.subject
    return PushedEvent(
        system=system,
        event_id=signed.event_id,
        headers={name: delivery.headers[name] for name in webhooks.kept_headers if name in delivery.headers},
        body=delivery.body,
        line=None if subject is None else f"inbox/{system}/{subject.entity.value}/{subject.external_id}",
    )


async def _stored(inbox: Inbox, event: PushedEvent) -> bool:
    try:
        async with asyncio.timeout(STORE_WITHIN_S):
            return await inbox.take(event)
    except (SQLAlchemyError, OSError):  # a timeout is an OSError
        raise Transient("the hub's database does not answer; try again", retry_after_s=5) from None
