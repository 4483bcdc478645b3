"""The link in a mail: a signed token that names a delivery, nobody's data, and until when it is good.

16 bytes of the delivery's id, 4 of the end in seconds since 1970, 16 of a keyed digest over both, base64url.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from hub.settings.channels import LinkOptions
from hub.store.keys import KeyRing

_BODY: Final = 20
_MAC: Final = 16
TOKEN_LENGTH: Final = 48
PATH: Final = "/r/"


@dataclass(frozen=True, slots=True)
class Link:
    """What a sound token says."""

    delivery: UUID
    good_until: datetime


def link_for(keys: KeyRing, options: LinkOptions, delivery: UUID, now: datetime) -> str:
    """The address to put into the mail; equal for equal arguments."""
    until = int((now + timedelta(days=options.valid_days)).timestamp())
    body = delivery.bytes + until.to_bytes(4, "big")
    token = urlsafe_b64encode(body + _mac(keys, body)).decode()
    return f"{options.base_url.rstrip('/')}{PATH}{token}"


def read_link(keys: KeyRing, token: str, now: datetime) -> Link | None:
    """None for whatever this hub did not sign, and for a link that is too old; both take the same work."""
    try:
        raw = urlsafe_b64decode(token.encode("ascii")) if len(token) == TOKEN_LENGTH else b""
    except ValueError:
        raw = b""
    body, mac = raw[:_BODY].ljust(_BODY, b"\0"), raw[_BODY:]
    genuine = hmac.compare_digest(mac, _mac(keys, body))
    good_until = datetime.fromtimestamp(int.from_bytes(body[16:], "big"), UTC)
    return Link(UUID(bytes=body[:16]), good_until) if genuine and now < good_until else None


def _mac(keys: KeyRing, body: bytes) -> bytes:
    return keys.proof(b"outbound link/" + body)[:_MAC]
