"""Which contacts are counted, and how they are grouped: what the statements of this room have in common."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from hub.errors import Invalid
from hub.settings.channels import OutboundChannel
from hub.settings.contact import CHANNELS, Channel, ContactRules
from hub.settings.steering import SteeringRules
from hub.yaml.nearest import choices

DAYS_MAX: Final = 732
"""Two years, to compare one with the other."""


class MetricsBy(StrEnum):
    """DAY, WEEK (from Monday) and MONTH are the company's own; TOPIC is the catalogue's."""

    CHANNEL = "CHANNEL"
    TOPIC = "TOPIC"
    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


@dataclass(frozen=True, slots=True)
class Period:
    """Days in the company's time zone: from the beginning of `first` up to and without `end`."""

    first: date
    end: date

    def within(self, zone: str) -> tuple[datetime, datetime]:
        """Both ends as instants. Invalid for a period that is empty or too long."""
        if not 0 < (self.end - self.first).days <= DAYS_MAX:
            raise Invalid(f"a period has 1 to {DAYS_MAX} days; its last day is the one before `to`", ("period", "to"))
        midnight = datetime.min.time()
        here = ZoneInfo(zone)
        begin, end = (datetime.combine(day, midnight, here) for day in (self.first, self.end))
        return begin, end


@dataclass(frozen=True, slots=True)
class Scope:
    """Everything that is asked; `channel` None counts all. `channels` and `ways` (out) tell prices and targets."""

    period: Period
    rules: SteeringRules
    channel: str | None = None
    by: MetricsBy | None = None
    channels: Mapping[str, Channel] = field(default_factory=lambda: CHANNELS)
    ways: Mapping[str, OutboundChannel] = field(default_factory=dict)

    def check(self, contact: ContactRules) -> None:
        """Invalid for a channel that the company does not have."""
        if self.channel is not None and self.channel not in contact.channels:
            raise Invalid(
                f"there is no channel {self.channel!r} ({choices(self.channel, contact.channels)})", ("channel",)
            )

    def binds(self, now: datetime) -> dict[str, object]:
        """The values that every statement has; each takes those that it names."""
        begin, end = self.period.within(self.rules.time_zone)
        return {
            "from": begin,
            "to": end,
            "channel": self.channel,
            "zone": self.rules.time_zone,
            "now": now,
            "days": self.rules.repeat_days,
        }

    @property
    def key(self) -> str:
        """SQL for the group of a row that has `channel`, `topic` and `at`."""
        return _KEYS[self.by]

    @property
    def of_channels(self) -> bool:
        """Whether it matters in which channel a contact began."""
        return self.channel is not None or self.by is MetricsBy.CHANNEL

    @property
    def by_topic(self) -> bool:
        """Whether a row's topic has to be looked up."""
        return self.by is MetricsBy.TOPIC


def _day(unit: str) -> str:
    return f"to_char(date_trunc('{unit}', at AT TIME ZONE CAST(:zone AS text)), 'YYYY-MM-DD')"


_KEYS: Final[Mapping[MetricsBy | None, str]] = {
    None: "CAST(NULL AS text)",
    MetricsBy.CHANNEL: "channel",
    MetricsBy.TOPIC: "topic",
    MetricsBy.DAY: _day("day"),
    MetricsBy.WEEK: _day("week"),
    MetricsBy.MONTH: _day("month"),
}


def named(statement: str, binds: Mapping[str, object]) -> dict[str, object]:
    """Those of `binds` that the statement has."""
    return {name: binds[name] for name in set(re.findall(r":(\w+)", statement)) & binds.keys()}
