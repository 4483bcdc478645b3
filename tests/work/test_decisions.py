"""The retry decision: a value that follows from the error, the attempts so far and the time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Conflict, HubError, Invalid, NotFound, Rejected, StaleEpoch, Transient, Unauthorised, Unmapped
from hub.work.decisions import (
    LONGEST_DELAY_S,
    OTHER_ATTEMPTS,
    TRANSIENT_ATTEMPTS,
    Dead,
    Park,
    RetryAt,
    Unknown,
    backoff_s,
    decide,
    decide_lost,
)

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
times = st.datetimes(timezones=st.just(UTC), min_value=datetime(2020, 1, 1), max_value=datetime(2100, 1, 1))
attempts_so_far = st.integers(min_value=1, max_value=200)


@given(attempts=attempts_so_far, now=times)
def test_delay_stays_between_half_and_whole_of_a_capped_doubling(attempts: int, now: datetime) -> None:
    ceiling = min(LONGEST_DELAY_S, 2.0**attempts)
    assert ceiling / 2 <= backoff_s(attempts, now) <= ceiling


@given(attempts=st.integers(min_value=1, max_value=TRANSIENT_ATTEMPTS - 1), now=times, retry_after=st.floats(0, 1e6))
def test_transient_waits_at_least_as_long_as_the_other_side_asked(
    attempts: int, now: datetime, retry_after: float
) -> None:
    decision = decide(Transient("busy", retry_after), attempts, now)
    assert isinstance(decision, RetryAt)
    assert decision.at == now + timedelta(seconds=max(retry_after, backoff_s(attempts, now)))
    assert (decision.reason, decision.code) == ("busy", "UNAVAILABLE")


@given(attempts=st.integers(min_value=TRANSIENT_ATTEMPTS, max_value=1000), now=times)
def test_spent_budget_is_a_dead_letter(attempts: int, now: datetime) -> None:
    assert decide(Transient("busy"), attempts, now) == Dead("UNAVAILABLE", f"given up after {attempts} attempts: busy")


@given(
    error=st.sampled_from([Transient("a"), Conflict("b"), OSError("c"), ValueError("d")]),
    attempts=attempts_so_far,
    now=times,
)
def test_no_error_is_retried_for_ever_or_in_the_past(error: Exception, attempts: int, now: datetime) -> None:
    decision = decide(error, attempts, now)
    assert decide(error, attempts, now) == decision
    if isinstance(decision, RetryAt):
        assert decision.at > now
        assert attempts < TRANSIENT_ATTEMPTS
    else:
        assert isinstance(decision, Dead)


@pytest.mark.parametrize(
    "error",
    [
        Rejected("no"),
        NotFound("no"),
        Invalid("no"),
        Unmapped("no"),
        HubError("no"),
    ],
)
def test_what_a_repeat_cannot_change_is_dead_at_once(error: HubError) -> None:
    assert decide(error, 1, NOW) == Dead(error.code, "no")


def test_late_writer_of_an_old_epoch_is_dead_though_a_conflict_is_tried_again() -> None:
    stale = StaleEpoch("customers", 1, 2)
    assert decide(stale, 1, NOW) == Dead("STALE_EPOCH", stale.message)
    assert isinstance(decide(Conflict("moved on"), OTHER_ATTEMPTS - 1, NOW), RetryAt)
    assert decide(Conflict("moved on"), OTHER_ATTEMPTS, NOW) == Dead(
        "CONFLICT", f"given up after {OTHER_ATTEMPTS} attempts: moved on"
    )


def test_refused_login_is_parked_for_a_person() -> None:
    assert decide(Unauthorised("login refused"), 1, NOW) == Park("login refused", "UNAUTHORISED")


def test_text_of_a_foreign_error_is_not_kept() -> None:
    decision = decide(ValueError("jan@example.org"), OTHER_ATTEMPTS, NOW)
    assert decision == Dead("INTERNAL", f"given up after {OTHER_ATTEMPTS} attempts: ValueError")


@pytest.mark.parametrize(
    ("repeatable", "attempts", "decision"),
    [
        (True, 1, RetryAt(NOW, "the process that ran it ended", "WORKER_LOST")),
        (True, OTHER_ATTEMPTS, Dead("WORKER_LOST", f"the process that ran it ended {OTHER_ATTEMPTS} times")),
        (False, 1, Unknown("the process that ran it ended before it told the outcome")),
    ],
)
def test_lost_process(repeatable: bool, attempts: int, decision: object) -> None:
    assert decide_lost(repeatable, attempts, NOW) == decision
