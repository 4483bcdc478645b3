"""Keyset positions for sources that stamp their rows: pure functions, in source time only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in (stamp, id) order; rows of one transaction share a stamp, so the id decides among them."""

    stamp: datetime
    external_id: int


def rewound(high_water: datetime, overlap: timedelta) -> Position:
    """Where a new run starts reading: before every row that may have committed behind the last run."""
    return Position(high_water - overlap, -1)


def advanced(
    high_water: datetime | None, max_seen: datetime | None, run_start: datetime, horizon: timedelta
) -> datetime:
    """The mark to store after a run: the newest stamp seen, but not closer to the run's start than `horizon`.

    A transaction open at `run_start` may still commit rows stamped before it. The mark never moves back.
    """
    limit = run_start - horizon
    candidate = limit if max_seen is None else min(max_seen, limit)
    return candidate if high_water is None else max(high_water, candidate)
