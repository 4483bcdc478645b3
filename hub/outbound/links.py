"""The links in a mail: signed tokens that name a delivery, nobody's data, and until when they are good.

16 bytes of the delivery's id, 4 of the end in seconds since 1970, 16 of a keyed digest over both and over what the link
is for, base64url: a token for one purpose is none for the other.
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
UNSUBSCRIBE_PATH: Final = "/u/"

UNSUBSCRIBE_WITHIN: Final = timedelta(days=400)
"""A mail is answered late, and whoever wants no more of them must not find that he is too late."""

_ANSWER: Final = b"outbound link/"
_UNSUBSCRIBE: Final = b"outbound unsubscribe/"


@dataclass(frozen=True, slots=True)
class Link:
    """What a sound token says."""

    delivery: UUID
    good_until: datetime


def link_for(keys: KeyRing, options: LinkOptions, delivery: UUID, now: datetime) -> str:
    """The address to put into the mail; equal for equal arguments."""
    token = _token(keys, _ANSWER, delivery, now + timedelta(days=options.valid_days))
    return f"{options.base_url.rstrip('/')}{PATH}{token}"


def unsubscribe_for(keys: KeyRing, options: LinkOptions, delivery: UUID, now: datetime) -> str:
    """The address at which whoever got the mail says that he wants no more."""
    token = _token(keys, _UNSUBSCRIBE, delivery, now + UNSUBSCRIBE_WITHIN)
    return f"{options.base_url.rstrip('/')}{UNSUBSCRIBE_PATH}{token}"


def read_link(keys: KeyRing, token: str, now: datetime) -> Link | None:
    """None for whatever this hub did not sign, and for a link that is too old; both take the same work."""
    return _read(keys, _ANSWER, token, now)


def read_unsubscribe(keys: KeyRing, token: str, now: datetime) -> Link | None:
    """As `read_link`, of the other kind."""
    return _read(keys, _UNSUBSCRIBE, token, now)


def _token(keys: KeyRing, purpose: bytes, delivery: UUID, until: datetime) -> str:
    body = delivery.bytes + int(until.timestamp()).to_bytes(4, "big")
    return urlsafe_b64encode(body + _mac(keys, purpose, body)).decode()


def _read(keys: KeyRing, purpose: bytes, token: str, now: datetime) -> Link | None:
    try:
        raw = urlsafe_b64decode(token.encode("ascii")) if len(token) == TOKEN_LENGTH else b""
    except ValueError:
        raw = b""
    body, mac = raw[:_BODY].ljust(_BODY, b"\0"), raw[_BODY:]
    genuine = hmac.compare_digest(mac, _mac(keys, purpose, body))
    good_until = datetime.fromtimestamp(int.from_bytes(body[16:], "big"), UTC)
    return Link(UUID(bytes=body[:16]), good_until) if genuine and now < good_until else None


def _mac(keys: KeyRing, purpose: bytes, body: bytes) -> bytes:
    return keys.proof(purpose + body)[:_MAC]
