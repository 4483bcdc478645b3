"""Ids: in the order of time, or the same for the same name."""

from __future__ import annotations

from time import time_ns
from uuid import UUID, uuid5

from hypothesis import given
from hypothesis import strategies as st

from hub.store.ids import fresh_id, named_id


def test_a_fresh_id_is_a_uuid_of_version_7_that_begins_with_the_time() -> None:
    """RFC 9562, section 5.7."""
    before = time_ns() // 1_000_000
    made = UUID(str(fresh_id()))
    assert (made.version, made.variant) == (7, UUID(int=1 << 63).variant)
    assert before <= made.int >> 80 <= time_ns() // 1_000_000


def test_fresh_ids_stand_in_the_order_of_time_and_none_comes_twice() -> None:
    """Within a millisecond by its fraction, of which the last bits are up to chance."""
    made = [fresh_id() for _ in range(2_000)]
    assert len(set(made)) == 2_000
    assert [one.int >> 80 for one in made] == sorted(one.int >> 80 for one in made)


@given(st.uuids(), st.text(st.characters(exclude_categories=["Cs"])))
def test_a_named_id_is_that_of_the_standard_library(namespace: UUID, name: str) -> None:
    """It is kept in rows, and compared with what the library made before."""
    expected = uuid5(namespace, name)
    assert named_id(namespace, name) == expected
    assert hash(named_id(namespace, name)) == hash(expected)
