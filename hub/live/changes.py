"""What the feed carries, and the opaque cursors its subscribers hold."""

from __future__ import annotations

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from hub.errors import Invalid

CHANNEL = "contacthub_feed"
"""Notifications on this channel carry the newest position as text; they are a doorbell, never the message."""

PUBLISHED = "contacthub_published"
"""Rung once changes have committed: whoever numbers them need not look all the time."""

_PREFIX = "feed:"
_INSIDE = re.compile(_PREFIX + r"((?P<generation>[0-9a-f]{12}):)?(?P<position>0|[1-9][0-9]{0,18})")


@dataclass(frozen=True, slots=True)
class Change:
    """That an object changed and how, never to what: whoever hears it reads the object under his own rights."""

    topic: str
    object_id: str
    kind: str


class Place(NamedTuple):
    """A position of the feed in one life of the database; see hub.live.generation."""

    generation: str
    position: int

    @property
    def cursor(self) -> str:
        """URL-safe text without padding; callers must not look inside."""
        return urlsafe_b64encode(f"{_PREFIX}{self.generation}:{self.position}".encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class NumberedChange(Change):
    """A committed change with its place in the feed; `at` is the time the business transaction gave it."""

    place: Place
    at: datetime

    @property
    def position(self) -> int:
        """Grows in the order in which readers can see the changes."""
        return self.place.position

    @property
    def cursor(self) -> str:
        """What a subscriber sends to go on behind this change."""
        return self.place.cursor


def numbered(generation: str, row: Iterable[Any]) -> NumberedChange:
    """`row`: position, topic, object_id, kind, at."""
    position, topic, object_id, kind, at = row
    return NumberedChange(topic, object_id, kind, Place(generation, position), at)


def place_of(cursor: str) -> Place:
    """The place inside; raises Invalid for anything that no `cursor` is.

    Cursors of before there were generations are read as ones of another generation.
    """
    padded = cursor + "=" * (-len(cursor) % 4)
    try:
        inside = urlsafe_b64decode(padded.encode("ascii")).decode("ascii")
    except ValueError:
        raise _no_cursor() from None
    found = _INSIDE.fullmatch(inside)
    if found is None or urlsafe_b64encode(inside.encode()).decode().rstrip("=") != cursor:
        raise _no_cursor()
    return Place(found["generation"] or "", int(found["position"]))


def _no_cursor() -> Invalid:
    return Invalid("this is not a cursor of the change feed", ("cursor",))
