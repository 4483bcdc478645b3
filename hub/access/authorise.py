"""May this caller do this? Whom he may see is `hub.reads.reach`, a part of every statement."""

from __future__ import annotations

from datetime import datetime

from hub.access.principal import Principal, Scope
from hub.errors import Forbidden, Unauthorised


def authorise(principal: Principal, scope: Scope | None, now: datetime) -> None:
    """Raise Unauthorised once the token has expired (a subscription outlives it), Forbidden when it lacks `scope`.

    None asks for no more than a token that is still good.
    """
    if principal.expires_at <= now:
        raise Unauthorised("the token has expired; log in again")
    if scope is not None and scope not in principal.scopes:
        raise lacking(scope)


def lacking(scope: Scope) -> Forbidden:
    """What a caller is told whose token lacks the scope."""
    return Forbidden(f"this needs the scope {scope.value}")
