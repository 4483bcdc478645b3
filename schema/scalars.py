"""Scalars with stricter rules than strawberry's own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import strawberry
from strawberry.exceptions import StrawberryInputCoercionError


def _written(time: datetime) -> str:
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _read(value: object) -> datetime:
    """A time without a zone could mean two different instants, so it is refused."""
    try:
        time = datetime.fromisoformat(value) if isinstance(value, str) else None
        if time is not None and time.tzinfo is not None:
            return time.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise StrawberryInputCoercionError("DateTime must be an ISO 8601 time with a zone, such as 2026-03-02T12:00:00Z")


AWARE_TIME: Final = strawberry.scalar(
    name="DateTime",
    description="An instant, ISO 8601 with a time zone; answers are in UTC.",
    specified_by_url="https://scalars.graphql.org/andimarek/date-time.html",
    serialize=_written,
    parse_value=_read,
)
