"""Patience and limits as packages write them into their answers."""

from __future__ import annotations

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.ports.answer_headers import rate_limit_of, retry_after_s
from hub.ports.limits import RateLimit

NOON = "Thu, 26 Nov 2026 12:00:00 GMT"
NOON_S = 1_795_694_400


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "120"}, 120),
        ({"Retry-After": "Thu, 26 Nov 2026 12:01:30 GMT", "Date": NOON}, 90),
        ({"Retry-After": "Thu, 26 Nov 2026 11:59:00 GMT", "Date": NOON}, 0),
        ({"Retry-After": "Thu, 26 Nov 2026 12:01:30 GMT"}, None),
        ({"Retry-After": "soon", "Date": NOON}, None),
    ],
)
def test_a_wish_for_patience_is_read_in_both_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(httpx2.Headers(headers)) == seconds


@pytest.mark.parametrize(
    ("headers", "limit"),
    [
        ({"RateLimit": '"minute";r=5;t=20'}, RateLimit(5, 20)),
        ({"RateLimit": '"minute";r=5;t=20, "hour";r=999;t=3000'}, RateLimit(5, 20)),
        ({"RateLimit-Remaining": "7", "RateLimit-Reset": "30"}, RateLimit(7, 30)),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOON_S + 45), "Date": NOON}, RateLimit(0, 45)),
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOON_S + 45)}, None),
        ({"RateLimit-Remaining": "7"}, None),
        ({"RateLimit-Remaining": "many", "RateLimit-Reset": "30"}, None),
        ({}, None),
    ],
)
def test_what_is_left_is_read_in_each_of_its_forms(headers: dict[str, str], limit: RateLimit | None) -> None:
    assert rate_limit_of(httpx2.Headers(headers)) == limit


@given(st.dictionaries(st.sampled_from(("Retry-After", "RateLimit", "X-RateLimit-Reset", "Date")), st.text()))
def test_nothing_that_a_package_writes_there_stops_an_answer(headers: dict[str, str]) -> None:
    after_s, limit = retry_after_s(headers), rate_limit_of(headers)
    assert after_s is None or after_s >= 0
    assert limit is None or limit.reset_s >= 0
