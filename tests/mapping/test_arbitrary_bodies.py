"""Whatever a package sends, a mapping answers with a record, Invalid or Unmapped."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import Invalid
from hub.mapping.record import RecordMapping
from tests.mapping.documents import CUSTOMER, ORDER, compiled

FUNCTIONS = """\
entity: sales_lead
version: 1
fields:
  state: {value: IN_PROGRESS}
  number: {path: "to_string(id)"}
  name: {path: "join(' ', [first, last])"}
  amount: {path: "sum(lines[].amount)"}
  probability: chance
  started_on: "lines[?id].since | [0]"
  owner: "max_by(lines, &amount).id"
"""

_NAMES = """
    party_type name birth_date lang code state contact_mechanisms addresses other_numbers id type value preferred since
    street city system number party total sale_date lines quantity amount first last chance
"""
_KEYS = st.sampled_from(_NAMES.split())
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters()),  # lone surrogates too: some JSON readers let them through
    st.sampled_from(
        ["email", "phone", "done", "gold", "person", "2026-01-01", "0001-01-01T00:00:00+14:00", "1e999999"]
    ),
)
_JSON = st.recursive(_SCALARS, lambda inner: st.one_of(st.lists(inner), st.dictionaries(_KEYS, inner)), max_leaves=20)
_BODIES = st.dictionaries(_KEYS, _JSON, max_size=12)


@pytest.mark.parametrize(
    "mapping", [compiled(CUSTOMER), compiled(ORDER), compiled(FUNCTIONS)], ids=["customer", "order", "functions"]
)
@settings(deadline=None)  # a busy machine is no failure
@given(body=_BODIES)
def test_nothing_else_than_invalid_is_ever_raised(mapping: RecordMapping, body: dict[str, object]) -> None:
    with suppress(Invalid):
        assert type(mapping.record_of(body)) is mapping.model  # type: ignore[arg-type]  # any JSON is the point
