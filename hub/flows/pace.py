"""How much bulk work takes on at a time, by how long real-time work waits: halved where it waits, doubled where not.

A function of what was seen and nothing else. What halves and doubles settles at what the machine has to spare, whatever
that is (the rule by which TCP shares a line: RFC 5681, section 3.1).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from hub.work.claim import REALTIME_LATE, RealtimeWork

SMALLEST: Final = 50
"""Records of a step while real-time work is late; with fewer the statements cost more than the records."""
FIRST: Final = 100
"""Where real-time work has just turned up, of which nothing is known yet."""
LARGEST: Final = 500
"""A page as lanes are configured; what it keeps busy is free again within half a second."""
NOTHING: Final = timedelta(0)


@dataclass(frozen=True, slots=True)
class Pace:
    """`step`: records at a time, one step after the other; None for whole pages, several at once.

    `lag`: how long real-time work had waited when it was last looked at.
    """

    step: int | None = None
    lag: timedelta = NOTHING

    def after(self, seen: RealtimeWork) -> Pace:
        """The pace from here on."""
        if not seen.about:
            return Pace()
        if is_late(seen.lag) or (is_near(seen.lag) and seen.lag > self.lag):
            return Pace(SMALLEST if self.step is None else max(SMALLEST, self.step // 2), seen.lag)
        if self.step is None:
            return Pace(FIRST, seen.lag)
        return Pace(self.step if is_near(seen.lag) else min(LARGEST, self.step * 2), seen.lag)

    def may_go_on(self, waited_s: float, every_s: float) -> bool:
        """Not while real-time work is late, but for a step each `every_s`: slowed down, never stopped."""
        return not is_late(self.lag) or waited_s >= every_s


def is_late(lag: timedelta) -> bool:
    """Real-time work waits for longer than it should."""
    return lag > REALTIME_LATE


def is_near(lag: timedelta) -> bool:
    """It may soon, if this goes on."""
    return lag > REALTIME_LATE / 2
