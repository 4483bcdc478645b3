"""What happens next with a request, from its opening to the last word."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from hub.journeys.next_step import Progress, next_step
from hub.records.contact import DialogState
from hub.records.enums import RequestState
from tests.journeys.test_gaps import NEW_LINE

OPENED = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEW, DONE = DialogState.NEW, DialogState.COMPLETED


def told(
    tasks: Mapping[str, tuple[DialogState, datetime]],
    after: timedelta,
    state: RequestState = RequestState.IN_PROGRESS,
    closed: datetime | None = None,
) -> tuple[str, timedelta | None, bool] | None:
    """Step, by when after the opening, and whether that is over."""
    found = next_step(NEW_LINE, Progress("new-contract", state, OPENED, closed, tasks), OPENED + after)
    if found is None:
        return None
    return found.step.name, None if found.by is None else found.by - OPENED, found.overdue


def test_after_the_order_comes_its_confirmation_and_late_ones_are_overdue() -> None:
    waiting = {"place-order": (NEW, OPENED), "visit": (NEW, OPENED)}
    assert told(waiting, HOUR / 2) == ("confirm", HOUR, False)
    assert told(waiting, 2 * HOUR) == ("confirm", HOUR, True)


def test_the_next_promise_counts_from_when_the_step_before_it_was_done() -> None:
    confirmed = {"place-order": (DONE, OPENED + 3 * HOUR), "visit": (NEW, OPENED)}
    assert told(confirmed, 4 * HOUR) == ("visit", 3 * HOUR + 10 * DAY, False)


def test_a_later_task_that_is_done_takes_the_ones_before_it_along() -> None:
    assert told({"place-order": (NEW, OPENED), "visit": (DONE, OPENED + DAY)}, DAY) == ("ask", 3 * DAY, False)


def test_what_only_tells_something_is_over_with_its_time() -> None:
    done = {"place-order": (DONE, OPENED + HOUR), "visit": (DONE, OPENED + DAY)}
    closed = OPENED + DAY
    assert told(done, 2 * DAY, RequestState.COMPLETED, closed) == ("ask", 3 * DAY, False)
    assert told(done, 3 * DAY, RequestState.COMPLETED, closed) is None


@pytest.mark.parametrize("state", [RequestState.CANCELLED, RequestState.FAILED, RequestState.REJECTED])
def test_nothing_follows_a_request_that_came_to_nothing(state: RequestState) -> None:
    assert told({}, HOUR, state, OPENED + HOUR) is None
