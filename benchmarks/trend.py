"""Whether a measure grows over time, and how sure that is."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

BLOCKS: Final = 12
SAMPLES_MIN: Final = 3 * BLOCKS
STUDENT: Final = 2.228
"""The 97.5 % quantile of Student's t with BLOCKS - 2 degrees of freedom."""
TOLERATED: Final = 0.05
"""Of the level in an hour: what grows by less for sure is called flat."""


@dataclass(frozen=True, slots=True)
class Trend:
    """Growth an hour with its 95 % confidence interval, and the level, all in the unit of the samples."""

    per_hour: float
    low: float
    high: float
    level: float

    @property
    def verdict(self) -> str:
        """`flat`, `grows`, or `undecided` where the interval holds both."""
        if self.high <= TOLERATED * self.level:
            return "flat"
        return "grows" if self.low > 0 else "undecided"

    def __str__(self) -> str:
        return (
            f"median {self.level:.1f} MiB, {self.per_hour:+.1f} MiB an hour (95 % confidence {self.low:+.1f} to "
            f"{self.high:+.1f}): {self.verdict}"
        )


def trend(samples: Sequence[tuple[float, float]]) -> Trend:
    """Of (minutes, value), at least three per block.

    By least squares over the medians of BLOCKS equal parts: single samples depend on the one before, which would make
    the interval too narrow, and a median does not mind a page that is just in hand.
    """
    if len(samples) < SAMPLES_MIN:
        raise ValueError(f"a trend takes {SAMPLES_MIN} samples, there are {len(samples)}")
    size = len(samples) / BLOCKS
    parts = [samples[int(n * size) : int((n + 1) * size)] for n in range(BLOCKS)]
    hours = [statistics.fmean(minute for minute, _ in part) / 60 for part in parts]
    values = [statistics.median(value for _, value in part) for part in parts]
    slope, intercept = statistics.linear_regression(hours, values)
    middle = statistics.fmean(hours)
    spread = sum((hour - middle) ** 2 for hour in hours)
    left = sum((value - intercept - slope * hour) ** 2 for hour, value in zip(hours, values, strict=True))
    error = STUDENT * math.sqrt(left / (BLOCKS - 2) / spread)
    return Trend(slope, slope - error, slope + error, statistics.median(values))
