"""Tokens that were verified a moment ago."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Final

from hub.access.principal import Principal

BELIEVED_FOR: Final = timedelta(seconds=30)
"""How long a withdrawn key may still open beyond the ten minutes for which a provider's key set is kept anyway."""

TOKENS_AT_MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Believed:
    principal: Principal
    until: datetime


class BelievedTokens:
    """Spares a token the proof of its signature for BELIEVED_FOR, and never beyond its own end.

    Kept by digest: a token is as good as a password, and a dump of memory should not hold thousands of them.
    """

    def __init__(self) -> None:
        self._believed: OrderedDict[bytes, _Believed] = OrderedDict()

    def find(self, token: str, now: datetime) -> Principal | None:
        """Whose token this is known to be."""
        believed = self._believed.get(_digest(token))
        return believed.principal if believed is not None and now < believed.until else None

    def keep(self, token: str, principal: Principal, now: datetime) -> Principal:
        """The token has just been verified."""
        digest = _digest(token)
        self._believed[digest] = _Believed(principal, min(principal.expires_at, now + BELIEVED_FOR))
        self._believed.move_to_end(digest)
        if len(self._believed) > TOKENS_AT_MOST:
            self._believed.popitem(last=False)
        return principal


def _digest(token: str) -> bytes:
    return sha256(token.encode("utf-8", "surrogatepass")).digest()
