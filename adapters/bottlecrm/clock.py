"""The source's clock, from the `Date` of its answers: BottleCRM has no call that tells the time.

The header gives whole seconds, rounded down. When an answer arrives, the source's clock shows at least that; adding
what has passed here since gives a bound for any later moment, and the highest of many such bounds is close to the truth
and never ahead of it. Bounds are forgotten after a while, because two clocks do not run equally fast for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from hub.errors import Transient

REMEMBERED_S: Final = 600.0
WHOLE_SECOND: Final = timedelta(seconds=1)


class SourceClock:
    """`steady` counts seconds from anywhere and never goes back."""

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._began = steady()
        self._before: float | None = None
        self._best: float | None = None
        self._heard = datetime.fromtimestamp(0, UTC)

    def hear(self, date: datetime) -> None:
        """An answer with this Date came in just now."""
        arrived = self._steady()
        if arrived - self._began > REMEMBERED_S:
            self._began, self._before, self._best = arrived, self._best, None
        bound = date.timestamp() - arrived
        self._best = bound if self._best is None else max(self._best, bound)
        self._heard = date

    def now(self) -> datetime:
        """Not later than the source's clock; Transient before it was ever heard."""
        bounds = [bound for bound in (self._before, self._best) if bound is not None]
        if not bounds:
            raise Transient("BottleCRM's answers tell no time")
        return datetime.fromtimestamp(max(bounds) + self._steady(), UTC)

    def surely_past(self) -> datetime:
        """Not earlier than the source's clock was when its last answer left."""
        return self._heard + WHOLE_SECOND
