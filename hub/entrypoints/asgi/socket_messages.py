"""What a message of graphql-transport-ws looks like, and how its socket is closed."""

from __future__ import annotations

from typing import Final

from strawberry.asgi import ASGIWebSocketAdapter

REASON_BYTES_MAX: Final = 123
"""A close frame holds 125 bytes, two of which are its code (RFC 6455, section 5.5)."""

_KINDS: Final = frozenset({"connection_init", "ping", "pong", "subscribe", "complete"})


def mistake_in(message: object) -> str | None:
    """Why it is none that a client may send; None where it is one."""
    if not isinstance(message, dict):
        return "A message is a JSON object"
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in _KINDS:
        return "Unknown message type"
    if kind not in ("subscribe", "complete"):
        return None if isinstance(message.get("payload"), dict | None) else "The payload is an object"
    if not isinstance(message.get("id"), str) or not message["id"]:
        return "An operation has an id, which is a text"
    return _mistake_in_operation(message.get("payload")) if kind == "subscribe" else None


def _mistake_in_operation(payload: object) -> str | None:
    if not isinstance(payload, dict):
        return "The payload is an object"
    if not isinstance(payload.get("query"), str) or not isinstance(payload.get("operationName"), str | None):
        return "query and operationName are texts"
    if not all(isinstance(payload.get(name), dict | None) for name in ("variables", "extensions")):
        return "variables and extensions are objects"
    return None


class SocketAdapter(ASGIWebSocketAdapter):
    """Closes whatever the reason quotes: one that is too long could not be sent at all."""

    async def close(self, code: int, reason: str) -> None:
        """Cut at the last whole character that fits."""
        await super().close(code, reason.encode()[:REASON_BYTES_MAX].decode(errors="ignore"))
