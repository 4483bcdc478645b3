"""What one window of a migration showed: the answer of parity, inbound and outbound alike."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from hub.records.migration import DifferenceKind, Verdict

EXAMPLES_MAX: Final = 200
"""Differences that a comparison carries one by one; all of them are counted."""


@dataclass(frozen=True, slots=True)
class Window:
    """The incumbent's watermark in source time, from its first to its last read; both equal where it is an instant."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Difference:
    """One object over which the sides differ. `paths` are canonical field paths and hold no values."""

    external_id: str
    kind: DifferenceKind
    verdict: Verdict | None
    paths: tuple[str, ...] = ()
    incumbent_as_of: datetime | None = None
    candidate_as_of: datetime | None = None

    @property
    def explained(self) -> bool:
        """True when it says nothing against the candidate: LATE, moved on, or the incumbent's own mistake."""
        return self.kind is DifferenceKind.LATE or self.verdict in (Verdict.MOVED, Verdict.INCUMBENT_WRONG)


@dataclass(frozen=True, slots=True)
class Freshness:
    """How much earlier the candidate saw the versions that both saw, seconds; None when they share none."""

    versions: int
    median_s: float | None
    p95_s: float | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both sides at one window. `counts` holds every difference, `examples` at most EXAMPLES_MAX by external id.

    Inbound, those that speak against the candidate come first, so that what time explains cannot crowd them out.
    """

    window: Window
    compared: int
    counts: Mapping[tuple[DifferenceKind, Verdict | None], int]
    examples: tuple[Difference, ...]
    freshness: Freshness
    lag_p95_s: float | None = None
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def unexplained(self) -> int:
        """Differences that speak against the candidate."""
        return sum(
            count
            for (kind, verdict), count in self.counts.items()
            if kind is not DifferenceKind.LATE and verdict not in (Verdict.MOVED, Verdict.INCUMBENT_WRONG)
        )
