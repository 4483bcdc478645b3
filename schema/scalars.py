"""Scalars with stricter rules than strawberry's own."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final

import strawberry
from strawberry.exceptions import StrawberryInputCoercionError

from hub.reads.formats import decimal_text, time_text


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
    serialize=time_text,
    parse_value=_read,
)


def _number(value: object) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise StrawberryInputCoercionError(f'Value cannot represent a Decimal: "{value}".') from None


EXACT_DECIMAL: Final = strawberry.scalar(
    name="Decimal", description="Decimal (fixed-point)", serialize=decimal_text, parse_value=_number
)
