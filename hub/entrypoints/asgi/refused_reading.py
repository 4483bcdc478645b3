"""Who sends document after document that is refused is not read any more for a while."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from hub.errors import RateLimited

AT_ONCE_S: Final = 10.0
"""Seconds of the reader that a subject's refused documents may take after a rest."""

SHARE: Final = 0.1
"""Of the reader's time in the long run."""

SUBJECTS_AT_MOST: Final = 10_000


class RefusedReading:
    """When each subject's refused documents will be paid for; what was accepted costs nothing."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        self._clock_s = clock_s
        self._due: OrderedDict[str, float] = OrderedDict()

    def check(self, whose: str) -> None:
        """Raise RateLimited while he owes more than AT_ONCE_S."""
        owed_s = (self._due.get(whose, 0.0) - self._clock_s()) * SHARE - AT_ONCE_S
        if owed_s > 0:
            raise RateLimited("too many documents were refused; fix them, or wait", owed_s / SHARE)

    def charge(self, whose: str, spent_s: float) -> None:
        """A document of his was refused after so much of the processor's time."""
        self._due[whose] = max(self._due.pop(whose, 0.0), self._clock_s()) + spent_s / SHARE
        if len(self._due) > SUBJECTS_AT_MOST:
            self._due.popitem(last=False)
