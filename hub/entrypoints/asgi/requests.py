"""Around every HTTP request: an id, a time, a bound on the body, headers that keep browsers careful."""

from __future__ import annotations

import re
import time
from random import getrandbits
from typing import Final

import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.entrypoints.asgi.answers import problem, refused
from hub.entrypoints.asgi.origin import origin_of
from hub.errors import Invalid
from hub.observe.context import bind_context
from hub.observe.metrics import Metrics
from hub.store.origin import NOWHERE, coming_from
from schema.errors import INTERNAL

REQUEST_ID: Final = "x-request-id"
_USABLE: Final = re.compile(r"[A-Za-z0-9_-]{8,64}")

SAFE_HEADERS: Final = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}

SAFE_PAIRS: Final = tuple((name.encode(), value.encode()) for name, value in SAFE_HEADERS.items())
_REQUEST_ID: Final = REQUEST_ID.encode()

log = structlog.get_logger(__name__)


def id_of_request(given: str) -> str:
    """The caller's own where it can be one. It names a request and keeps no secret, so it need not be hard to guess."""
    return given if _USABLE.fullmatch(given) else f"{getrandbits(128):032x}"


def failed(request_id: str) -> Response:
    """What is answered where the hub is at fault."""
    return problem(500, INTERNAL, f"something went wrong inside the hub; ask about {request_id}")


class RequestScope:
    """Gives each request an id (the caller's own if it is one), counts it, and answers for what nobody caught."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """HTTP and WebSocket; the lifespan passes through."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = next((value.decode("latin-1") for name, value in scope["headers"] if name == _REQUEST_ID), "")
        request_id = id_of_request(given)
        with bind_context(request_id=request_id):
            app, origin = self._app, NOWHERE
            try:
                origin = origin_of(scope)
            except Invalid as error:
                app = refused(error)
            with coming_from(origin):
                if scope["type"] == "websocket":
                    await app(scope, receive, send)
                else:
                    await self._timed(app, scope, receive, send, request_id)

    async def _timed(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        started = time.perf_counter()
        status = 0

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                given = {name for name, _ in message["headers"]}
                added = [pair for pair in SAFE_PAIRS if pair[0] not in given]
                message["headers"] = [*message["headers"], (_REQUEST_ID, request_id.encode()), *added]
            await send(message)

        try:
            await app(scope, receive, sending)
        except ClientDisconnect:
            pass  # he left, or was cut off, before his request was complete: nobody is there to be answered
        except Exception:  # the edge: what comes this far is a fault of the hub
            log.exception("a request failed")
            if status:
                raise
            await failed(request_id)(scope, receive, sending)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.answered_http(scope["method"], route, status, time.perf_counter() - started)


class BodyLimit:
    """Refuses bodies over `bytes_max`, by their announced length or as they come."""

    def __init__(self, app: ASGIApp, bytes_max: int) -> None:
        self._app = app
        self._bytes_max = bytes_max

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """HTTP only; the server bounds the messages of a WebSocket."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        announced = Headers(scope=scope).get("content-length", "0")
        if not announced.isdigit() or int(announced) > self._bytes_max:
            await self._too_large()(scope, receive, send)
            return
        seen = 0

        async def receiving() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > self._bytes_max:
                raise _TooLarge
            return message

        try:
            await self._app(scope, receiving, send)
        except _TooLarge:
            await self._too_large()(scope, receive, send)

    def _too_large(self) -> ASGIApp:
        return problem(413, "TOO_LARGE", f"a request may have at most {self._bytes_max} bytes")


class _TooLarge(Exception):
    pass
