"""Which pages of other origins may read answers (Fetch, section 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hub.entrypoints.asgi.origin import PURPOSE, SESSION
from hub.entrypoints.asgi.requests import REQUEST_ID

VARY: Final = (b"vary", b"Origin")


class Cors(CORSMiddleware):
    """Starlette's; a request that no page sent is told only that the answer would be another for one that did."""

    def __init__(self, app: ASGIApp, origins: Sequence[str]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=["GET", "POST"],
            allow_headers=["authorization", "content-type", REQUEST_ID, PURPOSE, SESSION],
            expose_headers=[REQUEST_ID, "retry-after"],
            max_age=600,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """HTTP and WebSocket."""
        if scope["type"] != "http" or any(name == b"origin" for name, _ in scope["headers"]):
            await super().__call__(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                others = [value for name, value in message["headers"] if name == b"vary"]
                kept = [pair for pair in message["headers"] if pair[0] != b"vary"]
                message["headers"] = [*kept, (b"vary", b", ".join([*others, b"Origin"])) if others else VARY]
            await send(message)

        await self.app(scope, receive, sending)

    async def told(self, scope: Scope) -> list[tuple[bytes, bytes]]:
        """The headers that an answer to this request of a page gets."""
        pairs: list[tuple[bytes, bytes]] = []

        async def taking(message: Message) -> None:
            pairs.extend(message["headers"])

        start = {"type": "http.response.start", "status": 200, "headers": []}
        await self.send(start, taking, Headers(scope=scope))
        return pairs
