"""When a channel is open, hour by hour, as clocks on its walls show it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from hub.settings.channels import Opening, OpeningHours, Weekday, minutes

_HOUR = 60
_DAYS = tuple(Weekday)


@dataclass(frozen=True, slots=True)
class Slot:
    """A stretch of one clock hour in which a channel is open, in UTC: [opens, closes).

    `hour` is the instant at which that clock hour begins, so the hour that autumn repeats is two; `day` is the local
    date. Capacity is counted by both.
    """

    opens: datetime
    closes: datetime
    hour: datetime
    day: date


def slots(opening: Opening | None, after: datetime) -> Iterator[Slot]:
    """Every stretch that is not over at `after`, in order and without end; the first may have begun before."""
    hour, zone = clock_hour(opening, after), _zone(opening)
    while True:
        local = hour.astimezone(zone)
        ends = hour + timedelta(minutes=_HOUR - local.minute)
        for slot in _within(opening, hour, ends, local):
            if slot.closes > after:
                yield slot
        hour = ends


def open_at(opening: Opening | None, now: datetime) -> Slot | None:
    """The stretch that `now` is in; None while the channel is closed."""
    slot = next(slots(opening, now))
    return slot if slot.opens <= now else None


def clock_hour(opening: Opening | None, at: datetime) -> datetime:
    """When the clock hour of `at` began, in UTC."""
    zone = _zone(opening)
    local = at.astimezone(zone)
    began = at.astimezone(UTC) - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    # Where clocks are moved by half an hour, the hour in which they are has begun when they were.
    while began.astimezone(zone).utcoffset() != local.utcoffset():
        began += timedelta(minutes=1)
    return began


def local_day(opening: Opening | None, at: datetime) -> date:
    """The date there."""
    return at.astimezone(_zone(opening)).date()


def day_began(opening: Opening | None, at: datetime) -> datetime:
    """When the local day of `at` began, in UTC."""
    midnight = datetime.combine(local_day(opening, at), datetime.min.time(), _zone(opening))
    return midnight.astimezone(UTC)


def _zone(opening: Opening | None) -> ZoneInfo:
    return ZoneInfo("UTC" if opening is None else opening.time_zone)


def _within(opening: Opening | None, hour: datetime, ends: datetime, local: datetime) -> Iterator[Slot]:
    if opening is None:
        yield Slot(hour, ends, hour, local.date())
        return
    begins = local.hour * _HOUR + local.minute
    for written in sorted(opening.hours, key=lambda hours: minutes(hours.opens)):
        stretch = _stretch(written, begins, begins + int((ends - hour).total_seconds()) // 60)
        if _DAYS[local.weekday()] in written.days and stretch is not None:
            opens, closes = (hour + timedelta(minutes=minute - begins) for minute in stretch)
            yield Slot(opens, closes, hour, local.date())


def _stretch(written: OpeningHours, begins: int, ends: int) -> tuple[int, int] | None:
    """The part of [begins, ends) that lies within, in minutes of the day."""
    opens, closes = max(begins, minutes(written.opens)), min(ends, minutes(written.closes))
    return (opens, closes) if opens < closes else None
