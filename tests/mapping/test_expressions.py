"""Compiled expressions mean what JMESPath means."""

from __future__ import annotations

import jmespath
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jmespath.exceptions import JMESPathError

from hub.errors import Invalid
from hub.mapping.expressions import compile_expression
from hub.mapping.unfit import Unfit

EXPRESSIONS = [
    "a",
    "a.b",
    "a.b.c",
    "@",
    "a | @",
    '"a b".c',
    "a || b",
    "a && b || c",
    "!a",
    "a == b",
    "a != `1`",
    "a == `true` || b == 'x'",
    "a < b",
    "a <= `1`",
    "a > b && !c",
    "!(a[?b > `0`])",
    "a[?b == 'x' && c != 'y'].b",
    "length(a[?b])",
    "a[*].b[]",
    "a[0].b",
    "a[-1]",
    "a[1:3]",
    "a[*].b",
    "a.*.b",
    "a[]",
    "a[?b == 'x'].c | [0]",
    "{x: a, y: b.c}",
    "[a, b]",
    "['x', 'y']",
    "a | b",
    "contains(['x', 'y'], a)",
    "contains(a, b)",
    "contains(a, 'x')",
    "not_null(a, b, c)",
    "join(' ', [a, b])",
    "length(a)",
    "sort_by(a, &b)",
    "map(&b, a)",
    "to_string(a)",
    "max_by(a, &b).c",
    "keys(a)",
]

_KEYS = st.sampled_from(["a", "b", "c", "a b"])
_SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-2, 2), st.sampled_from(["", "x", "y"]), st.just(1.0))
_BODIES = st.dictionaries(
    _KEYS,
    st.recursive(
        _SCALARS, lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_KEYS, inner, max_size=3))
    ),
)


@pytest.mark.parametrize("text", EXPRESSIONS)
@settings(max_examples=30)
@given(body=_BODIES)
def test_compiled_expression_gives_what_the_library_gives(text: str, body: dict[str, object]) -> None:
    try:
        expected = jmespath.search(text, body)
    except (JMESPathError, TypeError):
        # `contains` of a text in a text is the one place where the library fails and the answer is plain: no.
        if not text.startswith("contains"):
            with pytest.raises(Unfit):
                compile_expression(text)(body)
        return
    assert compile_expression(text)(body) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a[", "'a[' is not JMESPath: it cannot be read near column 3"),
        ("", "'' is not JMESPath: it cannot be read"),
        ("a ~ b", "'a ~ b' is not JMESPath: it cannot be read near column 3"),
        ("contains(a)", "contains() takes 2 arguments, not 1"),
        ("a[?lenght(b) > `1`]", "JMESPath has no function lenght(); did you mean 'length'?"),
    ],
)
def test_a_mistake_is_found_before_the_first_record(text: str, message: str) -> None:
    with pytest.raises(Invalid) as caught:
        compile_expression(text)
    assert caught.value.message.startswith(message)
