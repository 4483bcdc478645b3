"""Tokens of links: equal for equal deliveries, good until their end, and only those of this hub."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from hub.entrypoints.asgi.link_acts import RateBound
from hub.outbound.links import PATH, link_for, read_link
from hub.settings.channels import LinkOptions
from hub.store.keys import KeyRing
from tests.schema.company import NOW

KEYS = KeyRing(b"k" * 32)
OPTIONS = LinkOptions(base_url="https://hub.example.com/", target="https://shop.example.com", valid_days=3)


def token(delivery: UUID) -> str:
    return link_for(KEYS, OPTIONS, delivery, NOW).partition(PATH)[2]


@given(st.uuids())
def test_a_link_names_its_delivery_until_its_end(delivery: UUID) -> None:
    assert link_for(KEYS, OPTIONS, delivery, NOW).startswith("https://hub.example.com/r/")
    link = read_link(KEYS, token(delivery), NOW + timedelta(days=3) - timedelta(seconds=1))
    assert link is not None
    assert link.delivery == delivery
    assert read_link(KEYS, token(delivery), NOW + timedelta(days=3)) is None
    assert read_link(KeyRing(b"o" * 32), token(delivery), NOW) is None


@given(st.uuids(), st.integers(0, 47), st.characters())
def test_no_changed_link_is_good(delivery: UUID, place: int, other: str) -> None:
    good = token(delivery)
    changed = good[:place] + other + good[place + 1 :]
    assert changed == good or read_link(KEYS, changed, NOW) is None


@given(st.text(max_size=60))
def test_whatever_else_is_no_link(text: str) -> None:
    assert read_link(KEYS, text, NOW) is None


def test_so_many_a_second_and_no_more() -> None:
    time_s = 100.0
    bound = RateBound(3, lambda: time_s)
    assert [bound.takes_one() for _ in range(4)] == [True, True, True, False]
    time_s += 0.5
    assert [bound.takes_one() for _ in range(2)] == [True, False]
