"""The verdict of the memory benchmark says flat, grows or undecided for what is so."""

from __future__ import annotations

import random

import pytest

from benchmarks.trend import trend


def samples(per_hour: float, noise: float, minutes: int = 8) -> list[tuple[float, float]]:
    rng = random.Random(7)
    return [(n / 12, 130 + per_hour * n / 12 / 60 + rng.uniform(-noise, noise)) for n in range(minutes * 12)]


@pytest.mark.parametrize(
    ("per_hour", "noise", "verdict"),
    [(0.0, 0.3, "flat"), (-20.0, 0.3, "flat"), (60.0, 0.5, "grows"), (12.0, 8.0, "undecided")],
)
def test_growth_is_told_from_noise(per_hour: float, noise: float, verdict: str) -> None:
    found = trend(samples(per_hour, noise))
    assert found.verdict == verdict
    assert found.low <= per_hour <= found.high


def test_a_straight_line_is_found_exactly() -> None:
    found = trend(samples(30.0, 0.0))
    assert (round(found.per_hour, 6), round(found.high - found.low, 6)) == (30.0, 0.0)


def test_too_few_samples_are_no_trend() -> None:
    with pytest.raises(ValueError, match="takes 36 samples"):
        trend(samples(0.0, 1.0, minutes=2))
