"""When a cron expression fires in a time zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from hub.errors import Invalid


def next_firing(cron: str, time_zone: str, after: datetime) -> datetime:
    """The first firing later than `after`, in UTC; Invalid for a bad expression, zone, or one that never fires.

    A fixed time that the clocks skip in spring fires when they resume, one that they repeat in autumn fires once; with
    a star for hour or minute it fires in every real hour or minute.
    """
    try:
        local = after.astimezone(ZoneInfo(time_zone))
    except (ZoneInfoNotFoundError, ValueError):
        raise Invalid(f"{time_zone!r} is no IANA time zone", ("time_zone",)) from None
    try:
        firings = CronSim(cron, local)
    except CronSimError as error:
        raise Invalid(f"cron expression {cron!r}: {error}", ("cron",)) from None
    for firing in firings:
        # Within the repeated hour of autumn the first answer may lie before `after`: cronsim reads wall clocks.
        if (utc := firing.astimezone(UTC)) > after:
            return utc
    raise Invalid(f"cron expression {cron!r} never fires", ("cron",))
