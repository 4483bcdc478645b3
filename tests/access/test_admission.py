"""How much one caller may ask of a process, and of several."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.access import admission as module
from hub.access.admission import Admission, Allowance
from hub.access.principal import Principal, Role
from hub.access.shared_usage import SHARE_EVERY_S, share_once
from hub.errors import RateLimited, TooManyAtOnce
from tests.access.counting import UsageInMemory

ALLOWANCE = Allowance(per_second=10, burst=5, at_once=3, subscriptions=2, cost=100)
ALLOWANCES = {**dict.fromkeys(Role, ALLOWANCE), Role.FRONTEND: replace(ALLOWANCE, per_second=100, at_once=1)}
EVA = Principal("eva", frozenset(), None, datetime(2030, 1, 1, tzinfo=UTC), frozenset({Role.AGENT}))
BEN = replace(EVA, subject="ben")


class Seconds:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def asks(admission: Admission, principal: Principal = EVA) -> bool:
    """One request that is answered at once; whether it was let in."""
    try:
        admission.leave(admission.enter(principal))
    except RateLimited:
        return False
    return True


def test_a_burst_and_then_the_rate() -> None:
    seconds = Seconds()
    admission = Admission(ALLOWANCES, seconds)
    assert [asks(admission) for _ in range(6)] == [True] * 5 + [False]
    with pytest.raises(RateLimited) as refused:
        admission.enter(EVA)
    assert refused.value.retry_after_s == pytest.approx(0.1)
    seconds.now += 0.1
    assert [asks(admission) for _ in range(2)] == [True, False]
    assert asks(admission, BEN), "another caller has his own"


@given(st.lists(st.floats(0, 0.4), max_size=120))
def test_no_window_lets_in_more_than_its_burst_and_its_rate(pauses: list[float]) -> None:
    seconds = Seconds()
    admission = Admission(ALLOWANCES, seconds)
    let_in: list[float] = []
    for pause in pauses:
        seconds.now += pause
        if asks(admission):
            let_in.append(seconds.now)
    for start, begin in enumerate(let_in):
        for count, end in enumerate(let_in[start:], start=1):
            assert count <= ALLOWANCE.burst + ALLOWANCE.per_second * (end - begin) + 1e-6


@given(st.lists(st.floats(0.1, 3), min_size=1, max_size=40))
def test_who_keeps_to_the_rate_is_never_refused(pauses: list[float]) -> None:
    seconds = Seconds()
    admission = Admission(ALLOWANCES, seconds)
    for pause in pauses:
        assert asks(admission)
        seconds.now += pause


def test_operations_at_once_are_counted_until_they_end() -> None:
    admission = Admission(ALLOWANCES)
    under_way = [admission.enter(EVA) for _ in range(3)]
    with pytest.raises(TooManyAtOnce):
        admission.enter(EVA)
    admission.leave(under_way.pop())
    under_way.append(admission.enter(EVA))
    assert len(under_way) == 3


def test_subscriptions_have_a_limit_of_their_own() -> None:
    admission = Admission(ALLOWANCES)
    with admission.following(EVA), admission.following(EVA):
        with pytest.raises(TooManyAtOnce), admission.following(EVA):
            pass
        assert asks(admission)
    with admission.following(EVA):
        pass


def test_who_has_two_roles_has_the_larger_of_each() -> None:
    admission = Admission(ALLOWANCES)
    both = replace(EVA, roles=frozenset({Role.AGENT, Role.FRONTEND}))
    assert admission.allowance(both) == replace(ALLOWANCE, per_second=100, at_once=3)


@contextmanager
def callers_at_most(count: int) -> Iterator[None]:
    before = module.CALLERS_AT_MOST
    module.CALLERS_AT_MOST = count  # type: ignore[misc]  # Final for everybody else
    try:
        yield
    finally:
        module.CALLERS_AT_MOST = before  # type: ignore[misc]


def test_a_flood_of_subjects_is_forgotten_but_never_one_who_has_something_open() -> None:
    seconds = Seconds()
    admission = Admission(ALLOWANCES, seconds)
    with callers_at_most(10):
        under_way = admission.enter(EVA)
        for number in range(100):
            seconds.now += 1
            asks(admission, replace(EVA, subject=f"s{number}"))
        assert len(admission._callers) <= 11
        admission.leave(under_way)
        assert admission._caller(EVA).open == 0


async def test_processes_together_hold_the_rate_within_the_bound_that_is_stated() -> None:
    seconds, usage = Seconds(), UsageInMemory()
    processes = [Admission(ALLOWANCES, seconds) for _ in range(3)]
    sums: list[dict[str, int]] = [{} for _ in processes]
    let_in, duration_s = 0, 60
    for step in range(duration_s * 50):
        seconds.now += 0.02
        let_in += sum(asks(process) for process in processes)
        if step % int(SHARE_EVERY_S * 50) == 0:
            sums = [dict(await share_once(p, usage, s)) for p, s in zip(processes, sums, strict=True)]
    bound = ALLOWANCE.per_second * duration_s + 3 * (ALLOWANCE.burst + ALLOWANCE.per_second * SHARE_EVERY_S)
    assert ALLOWANCE.per_second * duration_s * 0.6 <= let_in <= bound
    alone = ALLOWANCE.per_second * duration_s + ALLOWANCE.burst
    assert let_in < 1.2 * alone, "without sharing it would be three times that"


async def test_who_asks_little_is_not_told_to_the_others() -> None:
    seconds, usage = Seconds(), UsageInMemory()
    admission = Admission({**ALLOWANCES, Role.AGENT: replace(ALLOWANCE, per_second=100)}, seconds)
    asks(admission)
    seconds.now += SHARE_EVERY_S
    assert await share_once(admission, usage, {}) == {}
    assert usage.sums == {}
