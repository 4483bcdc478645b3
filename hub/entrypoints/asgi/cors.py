"""Which pages of other origins may read answers (Fetch, section 3.3)."""

from __future__ import annotations

from typing import Final

from starlette.middleware.cors import CORSMiddleware
from starlette.types import Message, Receive, Scope, Send

_VARY: Final = (b"vary", b"Origin")


class Cors(CORSMiddleware):
    """Starlette's; a request that no page sent is told only that the answer would be another for one that did."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """HTTP and WebSocket."""
        if scope["type"] != "http" or any(name == b"origin" for name, _ in scope["headers"]):
            await super().__call__(scope, receive, send)
            return

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                others = [value for name, value in message["headers"] if name == b"vary"]
                kept = [pair for pair in message["headers"] if pair[0] != b"vary"]
                message["headers"] = [*kept, (b"vary", b", ".join([*others, b"Origin"])) if others else _VARY]
            await send(message)

        await self.app(scope, receive, sending)
