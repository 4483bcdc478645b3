"""Call an application as its server does: what an HTTP client in the same process would take is no part of the hub."""

from __future__ import annotations

from collections.abc import Mapping

import orjson
from starlette.types import ASGIApp, Message

HEAD = [(b"host", b"hub"), (b"content-type", b"application/json")]


async def post(app: ASGIApp, path: str, body: Mapping[str, object], token: str) -> tuple[int, bytes]:
    """Status and body of the answer to a POST of JSON."""
    written = orjson.dumps(body)
    length, bearer = str(len(written)).encode(), f"Bearer {token}".encode()
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "server": ("hub", 80),
        "client": ("127.0.0.1", 1),
        "headers": [*HEAD, (b"content-length", length), (b"authorization", bearer)],
    }
    status, parts = 0, []

    async def receive() -> Message:
        return {"type": "http.request", "body": written, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)
        parts.append(message.get("body", b""))

    await app(scope, receive, send)
    return status, b"".join(parts)
