"""Change stamps as exports write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hub.records.source import JsonObject


class NoStamp(Exception):
    """What stands in the stamp's column is no instant."""


def stamp_in(body: JsonObject, column: str, zone: ZoneInfo) -> datetime:
    """In UTC; `zone` counts where the ISO 8601 text has no offset. Raises NoStamp."""
    text = body.get(column)
    if not isinstance(text, str):
        raise NoStamp(f"no change stamp in {column}")
    try:
        stamp = datetime.fromisoformat(text)
    except ValueError:
        raise NoStamp(f"the change stamp in {column} is not ISO 8601") from None
    return (stamp if stamp.tzinfo else stamp.replace(tzinfo=zone)).astimezone(UTC)
