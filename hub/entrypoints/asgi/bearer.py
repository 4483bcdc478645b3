"""Where a token stands in what a client sends."""

from __future__ import annotations

from collections.abc import Mapping

from structlog.contextvars import get_contextvars

from hub.access.principal import Principal
from hub.access.tokens import TokenVerifier
from hub.errors import Unauthorised
from hub.store.origin import origin_now
from hub.store.refusals import UNKNOWN, Denial
from schema.context import Hub

SCHEME = "bearer "

PLACE = "/graphql"
"""As the audit trail names what was asked before anything of it was read."""


def bearing(payload: Mapping[str, object] | None) -> str | None:
    """What a WebSocket's connection_init has instead of the header (RFC 6750), which browsers cannot send with one."""
    payload = payload or {}
    given = payload.get("authorization", payload.get("Authorization"))
    return given if isinstance(given, str) else None


def token_in(value: str | None) -> str:
    """The token behind `Bearer`; Unauthorised where there is none."""
    if value is None or value[: len(SCHEME)].lower() != SCHEME:
        raise Unauthorised("send a token: `Authorization: Bearer <token>`")
    return value[len(SCHEME) :].strip()


async def caller_of(hub: Hub, tokens: TokenVerifier, authorization: str | None) -> Principal:
    """Whose token an Authorization header bears. Unauthorised for none, and for one that does not hold (any more).

    That somebody was refused goes into the audit trail.
    """
    subject = UNKNOWN
    try:
        principal = await tokens.verify(token_in(authorization))
        subject = principal.subject
        hub.revoked.check(principal)
    except Unauthorised as error:
        request_id = get_contextvars().get("request_id")
        hub.trail.note(Denial(subject, PLACE, request_id, origin_now(), error.code))
        raise
    return principal
