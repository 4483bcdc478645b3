"""The workload spread: which lead goes out when and by which channel, never more than a channel takes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from hub.outbound.opening import Slot, clock_hour, local_day, slots
from hub.settings.channels import OutboundChannel, Step


@dataclass(frozen=True, slots=True)
class Candidate:
    """A lead to be planned. A smaller `rank` goes first; `channels` are those that reach him and that he allows."""

    lead: UUID
    rank: int
    opened_at: datetime
    channels: frozenset[str]


@dataclass(frozen=True, slots=True)
class Planned:
    """One delivery to be: not before `planned_for`. `step` counts from 1."""

    lead: UUID
    channel: str
    step: int
    planned_for: datetime


@dataclass
class Load:
    """What one channel has to do already, by clock hour and local day."""

    channel: OutboundChannel
    hours: Counter[datetime] = field(default_factory=Counter)
    days: Counter[date] = field(default_factory=Counter)
    _reached: dict[datetime, tuple[Slot, Iterator[Slot]]] = field(default_factory=dict)

    def add(self, at: datetime, count: int = 1) -> None:
        """So many more at that time."""
        self.hours[clock_hour(self.channel.opening, at)] += count
        self.days[local_day(self.channel.opening, at)] += count

    def has_room(self, slot: Slot) -> bool:
        """Whether one more fits."""
        capacity = self.channel.capacity
        in_hour = capacity.per_hour is None or self.hours[slot.hour] < capacity.per_hour
        return in_hour and (capacity.per_day is None or self.days[slot.day] < capacity.per_day)

    def earliest(self, start: datetime) -> datetime:
        """When the channel can take one more, from `start` on. What was full stays full and is not looked at again."""
        slot, later = self._reached.get(start) or _first(self.channel, start)
        while not self.has_room(slot):
            slot = next(later)
        self._reached[start] = slot, later
        return max(slot.opens, start)


def spread(
    candidates: Iterable[Candidate], steps: Sequence[Step], loads: Mapping[str, Load], now: datetime
) -> list[Planned]:
    """A delivery per lead and step that a channel can serve; equal input gives the equal plan, in whatever order.

    Everybody's first approach is planned before anybody's second. Of a step's channels the first counts that has room
    before `within_hours` are over; where all are full for so long, the one that is free the earliest: nobody whom a
    channel reaches is left out. A lead goes by one channel once. `loads` hold the plan when it returns.
    """
    ordered = sorted(candidates, key=lambda one: (one.rank, one.opened_at, one.lead))
    used: dict[UUID, set[str]] = {one.lead: set() for one in ordered}
    plan: list[Planned] = []
    for number, step in enumerate(steps, start=1):
        start = now + timedelta(hours=step.after_hours)
        for one in ordered:
            open_to = [name for name in step.channels if name in one.channels and name not in used[one.lead]]
            if open_to:
                channel, at = _chosen(open_to, loads, start, start + timedelta(hours=step.within_hours))
                loads[channel].add(at)
                used[one.lead].add(channel)
                plan.append(Planned(one.lead, channel, number, at))
    return plan


def _chosen(
    channels: Sequence[str], loads: Mapping[str, Load], start: datetime, until: datetime
) -> tuple[str, datetime]:
    free = [(name, loads[name].earliest(start)) for name in channels]
    in_time = next(((name, at) for name, at in free if at < until), None)
    return in_time or min(free, key=lambda one: one[1])


def _first(channel: OutboundChannel, start: datetime) -> tuple[Slot, Iterator[Slot]]:
    later = slots(channel.opening, start)
    return next(later), later
