"""What the feed carries, and the opaque cursors its subscribers hold."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime

from hub.errors import Invalid

CHANNEL = "contacthub_feed"
"""Notifications on this channel carry the newest position as text; they are a doorbell, never the message."""

PUBLISHED = "contacthub_published"
"""Rung once changes have committed: whoever numbers them need not look all the time."""

_PREFIX = "feed:"


@dataclass(frozen=True, slots=True)
class Change:
    """That an object changed and how, never to what: whoever hears it reads the object under his own rights."""

    topic: str
    object_id: str
    kind: str


@dataclass(frozen=True, slots=True)
class NumberedChange(Change):
    """A committed change with its place in the feed; `at` is the time the business transaction gave it."""

    position: int
    at: datetime

    @property
    def cursor(self) -> str:
        """What a subscriber sends to go on behind this change."""
        return encode_cursor(self.position)


def encode_cursor(position: int) -> str:
    """URL-safe text without padding; callers must not look inside."""
    return urlsafe_b64encode(f"{_PREFIX}{position}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> int:
    """The position inside; raises Invalid for anything `encode_cursor` did not write."""
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        prefix, _, digits = urlsafe_b64decode(padded.encode("ascii")).decode("ascii").partition(":")
        position = int(digits)
    except ValueError:
        raise Invalid("this is not a cursor of the change feed", ("cursor",)) from None
    if encode_cursor(position) != cursor or f"{prefix}:" != _PREFIX:
        raise Invalid("this is not a cursor of the change feed", ("cursor",))
    return position
