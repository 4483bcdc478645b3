"""The law of the throttle: it halves under lag, doubles without, never stops, and forgets once nobody is there."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.flows.incoming import Incoming, Refusal
from hub.flows.pace import FIRST, LARGEST, NOTHING, SMALLEST, Pace, is_late
from hub.flows.portions import Portions
from hub.work.claim import REALTIME_LATE, RealtimeWork
from tests.flows.building import at, content, page, person

LATE, NEAR, SOON = REALTIME_LATE * 2, REALTIME_LATE * 3 / 4, REALTIME_LATE / 10
NOBODY = RealtimeWork(NOTHING, about=False)
SEEN = st.builds(RealtimeWork, st.timedeltas(NOTHING, timedelta(seconds=5)), about=st.just(True)) | st.just(NOBODY)


def paces(*lags: timedelta) -> list[int | None]:
    """The steps that follow from these looks, one after the other, from a run that had all to itself."""
    pace, steps = Pace(), []
    for lag in lags:
        pace = pace.after(RealtimeWork(lag, about=True))
        steps.append(pace.step)
    return steps


def test_it_gives_way_under_lag_and_comes_back_by_doubling() -> None:
    assert paces(SOON, SOON, SOON, SOON) == [100, 200, 400, 500]
    assert paces(SOON, SOON, SOON, LATE, LATE, LATE, LATE) == [100, 200, 400, 200, 100, 50, 50]
    assert paces(LATE, LATE, SOON, SOON) == [50, 50, 100, 200]


def test_lag_that_grows_is_given_way_to_before_it_is_too_long_and_lag_that_stays_is_borne() -> None:
    assert paces(SOON, SOON, NEAR, NEAR, NEAR * 1.1) == [100, 200, 100, 100, 50]


def test_who_is_alone_works_by_whole_pages_again_at_once() -> None:
    assert Pace(SMALLEST, LATE).after(NOBODY) == Pace()


@given(st.lists(SEEN, max_size=30))
def test_a_step_is_never_smaller_than_the_smallest_nor_larger_than_a_page(looks: list[RealtimeWork]) -> None:
    pace = Pace()
    for seen in looks:
        before, pace = pace, pace.after(seen)
        assert (pace.step is None) is not seen.about
        if pace.step is not None:
            assert SMALLEST <= pace.step <= LARGEST
            if is_late(seen.lag) and before.step is not None:
                assert pace.step <= max(SMALLEST, before.step // 2)


@given(SEEN, st.floats(0.0, 10.0), st.floats(0.05, 60.0))
def test_whatever_the_lag_a_step_is_taken_once_its_time_has_come(
    seen: RealtimeWork, waited_s: float, every_s: float
) -> None:
    pace = Pace(FIRST, LATE).after(seen)
    assert pace.may_go_on(waited_s, every_s) is (not is_late(seen.lag) or waited_s >= every_s)


@given(st.lists(st.integers(1, 9) | st.none(), max_size=12), st.integers(0, 30))
def test_portions_hold_each_record_once_and_what_was_refused_with_the_last(
    sizes: list[int | None], records: int
) -> None:
    contents = page(*[content(str(n), person(f"Customer {n}"), n) for n in range(records)]).contents
    refused = (Refusal("99", None, b"{}", None, "INVALID", "", "no customer"),)
    whole = Incoming(contents, {"500": at(1), "501": at(2)}, refused, records + 5)
    portions, taken, last = Portions(whole), [], False
    for size in [*sizes, None]:
        if not last:
            portion, last = portions.take(size)
            taken.append(portion)
    assert last
    assert [i for one in taken for i in one.contents] == list(contents)
    assert {i: when for one in taken for i, when in one.tombstones.items()} == whole.tombstones
    assert [one.refused for one in taken] == [()] * (len(taken) - 1) + [refused]
    assert sum(one.read for one in taken) == whole.read
