"""Learned propensity: a mean between what the catalogue says and what happened, older outcomes counting less."""

from __future__ import annotations

from datetime import date, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.offers.learned import EVERYBODY, DayCount, posterior, segment_of
from tests.offers.building import catalogue

TODAY = date(2026, 3, 2)
CATALOGUE = catalogue(
    learning={"enabled": True, "half_life_days": 10, "strength": 20, "segments": ["young", "families"]}
)
FIBRE = CATALOGUE.propositions["fibre-1000"]

_COUNTS = st.lists(
    st.builds(
        lambda days, shown, accepted: DayCount("fibre-1000", TODAY - timedelta(days=days), shown, accepted),
        st.integers(-1, 100),
        st.integers(0, 50),
        st.integers(0, 50),
    ),
    max_size=10,
)


def day(days_ago: int, shown: int, accepted: int) -> DayCount:
    return DayCount("fibre-1000", TODAY - timedelta(days=days_ago), shown, accepted)


def learned(*counts: DayCount) -> float:
    return posterior(FIBRE, counts, CATALOGUE, TODAY)


def test_without_outcomes_it_is_what_the_catalogue_says() -> None:
    assert learned() == 0.2


def test_outcomes_weigh_against_the_catalogues_strength_and_halve_with_age() -> None:
    assert learned(day(0, 20, 12)) == pytest.approx((20 * 0.2 + 12) / (20 + 20))
    assert learned(day(10, 20, 12)) == pytest.approx((20 * 0.2 + 6) / (20 + 10))
    assert learned(day(0, 0, 5)) == pytest.approx((20 * 0.2 + 5) / (20 + 5))


@given(counts=_COUNTS, order=st.randoms(use_true_random=False))
def test_it_is_a_chance_and_the_order_leaves_no_trace(counts: list[DayCount], order: Random) -> None:
    shuffled = list(counts)
    order.shuffle(shuffled)
    assert 0 < learned(*counts) < 1
    assert learned(*sorted(shuffled, key=lambda one: (one.day, one.shown, one.accepted))) == pytest.approx(
        learned(*counts)
    )


@given(counts=_COUNTS, days=st.integers(0, 60))
def test_one_more_acceptance_never_lowers_it_and_one_more_view_never_raises_it(
    counts: list[DayCount], days: int
) -> None:
    assert learned(*counts, day(days, 1, 1)) >= learned(*counts)
    assert learned(*counts, day(days, 1, 0)) <= learned(*counts)


def test_a_customer_counts_for_the_first_learned_segment_he_is_in() -> None:
    assert segment_of(CATALOGUE, ["families", "young"]) == "young"
    assert segment_of(CATALOGUE, ["gold"]) == EVERYBODY
