"""Where a token stands in what a client sends."""

from __future__ import annotations

from collections.abc import Mapping

from hub.access.principal import Principal
from hub.access.tokens import TokenVerifier
from hub.errors import Unauthorised
from schema.context import Hub

SCHEME = "bearer "


def token_of(headers: Mapping[str, str]) -> str:
    """The token of the Authorization header (RFC 6750); never of the URL, which ends up in logs."""
    return token_in(headers.get("authorization"))


def token_of_init(payload: Mapping[str, object] | None) -> str:
    """The token in a WebSocket's connection_init, since browsers cannot send headers with one."""
    payload = payload or {}
    given = payload.get("authorization", payload.get("Authorization"))
    return token_in(given if isinstance(given, str) else None)


def token_in(value: str | None) -> str:
    """The token behind `Bearer`; Unauthorised where there is none."""
    if value is None or value[: len(SCHEME)].lower() != SCHEME:
        raise Unauthorised("send a token: `Authorization: Bearer <token>`")
    return value[len(SCHEME) :].strip()


async def caller_of(hub: Hub, tokens: TokenVerifier, token: str) -> Principal:
    """Whose token it is. Unauthorised for one that does not hold, or does not hold any more."""
    principal = await tokens.verify(token)
    hub.revoked.check(principal)
    return principal
