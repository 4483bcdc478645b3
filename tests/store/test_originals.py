"""An original comes out of its packed bytes as it went in."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.store.originals import BYTES_MAX, Original, packed, unpacked

# Any: JSON is what a package says.
values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=30,
)


@given(body=st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), values), times=st.sampled_from([1, 40]))
def test_what_is_packed_is_unpacked(body: dict[str, Any], times: int) -> None:
    original = Original("crm", {"repeated": [body] * times})
    data = packed(original)
    if data is not None:
        assert unpacked(data) == original


def test_a_long_one_is_compressed_and_one_that_is_too_long_is_not_kept() -> None:
    beside = len(b'["crm",{"a":""}]')
    longest = packed(Original("crm", {"a": "x" * (BYTES_MAX - beside)}))
    assert longest is not None
    assert len(longest) < 1_000
    assert packed(Original("crm", {"a": "x" * (BYTES_MAX - beside + 1)})) is None


def test_what_json_cannot_hold_is_not_kept() -> None:
    assert packed(Original("crm", {"a": 2**64})) is None
    assert packed(Original("crm", {"a": "\ud800"})) is None
