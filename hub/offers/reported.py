"""Contact events as a channel reports them, and what is refused before anything is looked up."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

import orjson

from hub.errors import Conflict, InTheFuture, Invalid, TooMany
from hub.records.offers import ContactEventKind

EVENTS_AT_ONCE: Final = 500
"""A busy page reports a dozen; a server that collects them sends several batches."""

CLOCK_TOLERANCE: Final = timedelta(seconds=60)
"""How far a channel's clock may be ahead of the hub's."""

OLDEST: Final = timedelta(days=730)
"""Nothing that the contact policy or learning looks at is older."""

TEXT_MAX: Final = 200
ABOUT_A_SUBJECT: Final = frozenset({ContactEventKind.INTEREST, ContactEventKind.BANNER})


@dataclass(frozen=True, slots=True)
class ReportedEvent:
    """`event_id` is the channel's own, the same for every repeat; `action` is the entry of a decision it answers.

    Channel, session, proposition and treatment are taken from the decision where an action is given.
    """

    event_id: str
    customer: UUID
    kind: ContactEventKind
    occurred_at: datetime
    action: UUID | None = None
    channel: str | None = None
    session: UUID | None = None
    proposition: str | None = None
    subject: str | None = None

    @property
    def digest(self) -> bytes:
        """SHA-256 of all that was reported."""
        return hashlib.sha256(orjson.dumps(asdict(self), option=orjson.OPT_SORT_KEYS, default=str)).digest()


def within_bounds(events: int) -> None:
    """Raises TooMany for a batch of more (or none) than is taken, before any of it is looked at."""
    if not 0 < events <= EVENTS_AT_ONCE:
        raise TooMany(f"a batch has 1 to {EVENTS_AT_ONCE} events", ("events",))


def checked(events: Sequence[ReportedEvent], now: datetime) -> Sequence[ReportedEvent]:
    """Each event once, in order of its id, so that two batches never wait for each other in a ring.

    Raises InTheFuture, Invalid or Conflict with the place of the first event at fault.
    """
    found: dict[str, ReportedEvent] = {}
    for place, event in enumerate(events):
        _check(event, now, ("events", str(place)))
        if found.setdefault(event.event_id, event) != event:
            raise Conflict(f"event {place} has the id of another one in this batch")
    return [found[event_id] for event_id in sorted(found)]


def _check(event: ReportedEvent, now: datetime, place: tuple[str, str]) -> None:
    if event.occurred_at > now + CLOCK_TOLERANCE:
        raise InTheFuture("it is told for a time that has not come: set the channel's clock", (*place, "occurredAt"))
    if event.occurred_at < now - OLDEST:
        raise Invalid(f"it is older than {OLDEST.days} days", (*place, "occurredAt"))
    for name, given in (("eventId", event.event_id), ("channel", event.channel), ("subject", event.subject)):
        if given is not None and not 0 < len(given) <= TEXT_MAX:
            raise Invalid(f"{name} has 1 to {TEXT_MAX} characters", (*place, name))
    if event.action is not None:
        return
    if event.channel is None:
        raise Invalid("name the channel, or the next best action that it answers", (*place, "channel"))
    if event.proposition is None and (event.subject is None or event.kind not in ABOUT_A_SUBJECT):
        raise Invalid("name the next best action or the proposition that it is about", (*place, "proposition"))
