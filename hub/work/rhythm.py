"""When a cron expression fires in a time zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from hub.errors import Invalid


def next_firing(cron: str, time_zone: str, after: datetime) -> datetime:
    """The first of `firings`; Invalid for an expression that never fires."""
    for firing in firings(cron, time_zone, after):
        return firing
    raise Invalid(f"cron expression {cron!r} never fires", ("cron",))


def firings(cron: str, time_zone: str, after: datetime) -> Iterator[datetime]:
    """Every firing later than `after`, in UTC and in order; Invalid for a bad expression or zone.

    A fixed time that the clocks skip in spring fires when they resume, one that they repeat in autumn fires once; with
    a star for hour or minute it fires in every real hour or minute.
    """
    try:
        local = after.astimezone(ZoneInfo(time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        raise Invalid(f"{time_zone!r} is no IANA time zone", ("time_zone",)) from None
    try:
        upcoming = CronSim(cron, local)
    except CronSimError as error:
        raise Invalid(f"cron expression {cron!r}: {error}", ("cron",)) from None
    last = after
    for firing in upcoming:
        # Within the repeated hour of autumn an answer may lie before the last one: cronsim reads wall clocks.
        if (utc := firing.astimezone(UTC)) > last:
            last = utc
            yield utc
