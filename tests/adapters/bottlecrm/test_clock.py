"""The source's clock, guessed from whole seconds and never ahead."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.bottlecrm.clock import SourceClock
from hub.errors import Transient
from tests.flows.building import START


class Steady:
    """Counts seconds from 1000 on, as a test says."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_before_any_answer_the_time_is_not_known() -> None:
    with pytest.raises(Transient):
        SourceClock(Steady()).now()


@given(
    calls=st.lists(st.tuples(st.floats(0, 900), st.floats(0, 3)), min_size=1, max_size=20), ahead=st.floats(-900, 900)
)
def test_it_is_never_ahead_of_the_source_and_what_is_surely_past_is_never_behind(
    calls: list[tuple[float, float]], ahead: float
) -> None:
    steady = Steady()
    clock = SourceClock(steady)

    def truth() -> datetime:
        return START + timedelta(seconds=ahead + steady.seconds)

    for pause, way_back in calls:
        steady.seconds += pause
        left = truth()
        steady.seconds += way_back
        clock.hear(left.astimezone(UTC).replace(microsecond=0))
        assert clock.now() <= truth() + timedelta(milliseconds=1)
        assert clock.surely_past() > left


def test_many_answers_bring_it_close() -> None:
    steady = Steady()
    clock = SourceClock(steady)
    for _ in range(40):
        steady.seconds += 0.13
        clock.hear((START + timedelta(seconds=steady.seconds)).replace(microsecond=0))
    behind = START + timedelta(seconds=steady.seconds) - clock.now()
    assert behind < timedelta(seconds=0.14)
