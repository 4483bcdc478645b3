"""Who takes the processor's time for documents that he alone needs, and more of it than his share, waits."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from hub.errors import RateLimited

AT_ONCE_S: Final = 10.0
"""Seconds of one processor that a subject may take after a rest."""

SHARE: Final = 0.1
"""Of one processor in the long run."""

SUBJECTS_AT_MOST: Final = 10_000


class Spending:
    """When each subject's time will be paid for; `why` is what he is told beyond it."""

    def __init__(self, clock_s: Callable[[], float], why: str, share: float = SHARE) -> None:
        self._clock_s, self._why, self._share = clock_s, why, share
        self._due: OrderedDict[str, float] = OrderedDict()

    def check(self, whose: str) -> None:
        """Raise RateLimited while he owes more than AT_ONCE_S."""
        owed_s = (self._due.get(whose, 0.0) - self._clock_s()) * self._share - AT_ONCE_S
        if owed_s > 0:
            raise RateLimited(self._why, owed_s / self._share)

    def charge(self, whose: str, spent_s: float) -> None:
        """So much of the processor's time went into a document of his."""
        self._due[whose] = max(self._due.pop(whose, 0.0), self._clock_s()) + spent_s / self._share
        if len(self._due) > SUBJECTS_AT_MOST:
            self._due.popitem(last=False)
