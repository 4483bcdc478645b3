"""How many calls a lane makes at its system: pure functions of its rhythm and of what really travels."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from math import ceil
from typing import Final

from hub.ports.capabilities import Capabilities, PullKind
from hub.settings.flows import Lane
from hub.work.rhythm import firings

SWEPT_AT_ONCE: Final = 2_000
MINUTES_PER_DAY: Final = 1_440
LOOKED_AHEAD: Final = timedelta(days=28)
FIRINGS_COUNTED: Final = 500
"""A lane that fires more often than this within the look-ahead is so regular that its mean says it all."""


@dataclass(frozen=True, slots=True)
class Load:
    """What travels: living `records` of the entity, and how many of them change, or commands leave, in a day."""

    records: int
    changes_per_day: float


@dataclass(frozen=True, slots=True)
class LaneLoad:
    """One lane at its system. `busiest_minute` counts the calls of the minute in which a run falls."""

    runs_per_day: float
    calls_per_day: float
    busiest_minute: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """Calls at the candidate's system; `beside` while both lanes run, `seed` once. Shares are of its limit per minute.

    `share` sets the mean of a day against the limit, as a budget per minute does over any longer stretch.
    """

    now: LaneLoad
    after: LaneLoad
    beside_per_day: float
    seed_calls: int
    requests_per_minute: int

    @property
    def share(self) -> float:
        """Of the system's limit that the candidate needs, taken over a day."""
        return self.after.calls_per_day / (self.requests_per_minute * MINUTES_PER_DAY)

    @property
    def share_beside(self) -> float:
        """Of the limit, while both lanes run."""
        return self.beside_per_day / (self.requests_per_minute * MINUTES_PER_DAY)

    def as_body(self) -> dict[str, object]:
        """Plain JSON for evidence and display."""
        return {
            "runs_per_day_now": self.now.runs_per_day,
            "runs_per_day_after": self.after.runs_per_day,
            "calls_per_day_now": self.now.calls_per_day,
            "calls_per_day_after": self.after.calls_per_day,
            "calls_per_day_beside": self.beside_per_day,
            "busiest_minute_after": self.after.busiest_minute,
            "seed_calls": self.seed_calls,
            "requests_per_minute": self.requests_per_minute,
            "share": self.share,
        }


def runs_per_day(cron: str | None, time_zone: str, now: datetime) -> float:
    """The mean over four weeks, 0 without a rhythm."""
    if cron is None:
        return 0.0
    count, at, end = 0, now, now + LOOKED_AHEAD
    for at in islice(firings(cron, time_zone, now), FIRINGS_COUNTED):
        if at > end:
            return count / LOOKED_AHEAD.days
        count += 1
    return count / ((at - now) / timedelta(days=1))


def inbound_load(lane: Lane, can: Capabilities, load: Load, now: datetime) -> LaneLoad:
    """Pages and sweeps of its runs, one more call a run for the source's clock; a read per change that is only named.

    An event that tells its object in full calls nobody, unless it is in doubt; how often that is the source cannot say.
    """
    runs = runs_per_day(lane.cron, lane.time_zone, now)
    if _handed_over(can):
        return LaneLoad(runs, 0.0, 0.0)
    per_run = 0.0
    if runs:
        changed = load.records if can.pull is PullKind.SNAPSHOT else load.changes_per_day / runs
        per_run = 1 + max(1, ceil(changed / lane.page_size))
        if lane.sweep and can.sweep:
            per_run += max(1, ceil(load.records / SWEPT_AT_ONCE))
    pushed = load.changes_per_day if not runs and can.push and not can.push_in_full else 0.0
    per_minute = per_run * max(1.0, runs / MINUTES_PER_DAY) if runs else pushed / MINUTES_PER_DAY
    return LaneLoad(runs, per_run * runs + pushed, per_minute)


def outbound_load(lane: Lane, can: Capabilities, load: Load, now: datetime) -> LaneLoad:
    """A batch lane fills its batches, a real-time lane sends each command by itself."""
    runs = runs_per_day(lane.cron, lane.time_zone, now)
    if not runs:
        return LaneLoad(0.0, load.changes_per_day, load.changes_per_day / MINUTES_PER_DAY)
    per_run = ceil(load.changes_per_day / runs / can.batch_size)
    return LaneLoad(runs, per_run * runs, float(per_run))


def seed_calls(lane: Lane, can: Capabilities, load: Load) -> int:
    """Pages of the backfill."""
    return 0 if _handed_over(can) else 1 + max(1, ceil(load.records / lane.page_size))


def _handed_over(can: Capabilities) -> bool:
    # A set that is handed over lies in a file: reading it calls nobody.
    return can.pull is PullKind.FULL
