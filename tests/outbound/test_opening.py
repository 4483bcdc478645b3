"""Opening hours by the clock on the wall, over summer time and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.outbound.opening import clock_hour, day_began, open_at, slots
from hub.settings.channels import Opening, OpeningHours, Weekday

OFFICE = Opening(
    time_zone="Europe/Amsterdam",
    hours=(OpeningHours(days=(Weekday.MON, Weekday.TUE), opens="08:30", closes="10:00"),),
)
AROUND_THE_CLOCK = Opening(time_zone="Europe/Amsterdam", hours=(OpeningHours(opens="00:00", closes="24:00"),))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_hours_are_those_of_the_time_zone_and_begin_when_the_doors_open() -> None:
    monday = list(islice(slots(OFFICE, at("2026-01-05T00:00")), 3))
    assert [(slot.opens, slot.closes, slot.hour) for slot in monday] == [
        (at("2026-01-05T07:30"), at("2026-01-05T08:00"), at("2026-01-05T07:00")),
        (at("2026-01-05T08:00"), at("2026-01-05T09:00"), at("2026-01-05T08:00")),
        (at("2026-01-06T07:30"), at("2026-01-06T08:00"), at("2026-01-06T07:00")),
    ]


def test_in_summer_the_same_hours_are_an_hour_earlier() -> None:
    assert next(slots(OFFICE, at("2026-07-06T00:00"))).opens == at("2026-07-06T06:30")


@pytest.mark.parametrize(("moment", "is_open"), [("07:29", False), ("07:30", True), ("08:59", True), ("09:00", False)])
def test_open_from_the_first_minute_to_before_the_last(moment: str, is_open: bool) -> None:
    assert (open_at(OFFICE, at(f"2026-01-05T{moment}")) is not None) is is_open


def test_the_hour_that_spring_skips_is_not_there_and_the_one_that_autumn_repeats_is_there_twice() -> None:
    spring = list(islice(slots(AROUND_THE_CLOCK, at("2026-03-28T23:00")), 30))
    assert len({slot.hour for slot in spring if slot.day == date(2026, 3, 29)}) == 23
    autumn = list(islice(slots(AROUND_THE_CLOCK, at("2026-10-24T22:00")), 30))
    assert len({slot.hour for slot in autumn if slot.day == date(2026, 10, 25)}) == 25


@pytest.mark.parametrize(
    "moment, began", [("2025-10-04T15:40", "2025-10-04T15:30"), ("2026-04-04T15:10", "2026-04-04T15:00")]
)
def test_where_clocks_are_moved_by_half_an_hour_an_hour_begins_when_they_were(moment: str, began: str) -> None:
    there = Opening(time_zone="Australia/Lord_Howe", hours=(OpeningHours(opens="00:00", closes="24:00"),))
    assert clock_hour(there, at(moment)) == at(began)
    assert open_at(there, at(moment)) == next(slots(there, at(began)))


def test_a_day_begins_at_local_midnight() -> None:
    assert day_began(OFFICE, at("2026-07-06T21:59")) == at("2026-07-05T22:00")
    assert day_began(OFFICE, at("2026-07-06T22:00")) == at("2026-07-06T22:00")


@given(
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)),
    st.sampled_from(["Europe/Amsterdam", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe", "UTC"]),
)
def test_slots_never_overlap_and_stay_in_their_hour(moment: datetime, zone: str) -> None:
    after = moment.replace(tzinfo=UTC)
    opening = Opening(time_zone=zone, hours=(OpeningHours(opens="00:00", closes="24:00"),))
    found = list(islice(slots(opening, after), 50))
    assert found[0].opens <= after < found[0].closes
    for slot, following in pairwise(found):
        assert slot.closes == following.opens
        assert slot.closes - slot.hour <= timedelta(hours=1)
        assert clock_hour(opening, slot.opens) == slot.hour
