"""Reading YAML: values as YAML 1.2 means them, and no text that breaks the reader."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from hub.errors import Misconfigured
from hub.yaml.nodes import parse_yaml


def test_values_are_those_of_yaml_1_2() -> None:
    text = (
        "a: 1\nb: 0x1F\nc: 1.50\nd: yes\ne: true\nf: ~\ng: 2026-01-02\nh: '1'\ni: !!int many\nj: .inf\nk: [x, {l: ''}]"
    )
    root, findings = parse_yaml(text, "x.yaml")
    assert root.plain() == {
        "a": 1,
        "b": 31,
        "c": 1.5,
        "d": "yes",
        "e": True,
        "f": None,
        "g": "2026-01-02",
        "h": "1",
        "i": "many",
        "j": float("inf"),
        "k": ["x", {"l": ""}],
    }
    assert findings == []


def test_a_value_knows_the_line_of_its_key() -> None:
    root, _ = parse_yaml("a:\n\n  b:\n    - 1\n    -\n      c: |\n        text\n", "x.yaml")
    assert root.nearest(["a", "b"]).line == 3
    assert root.nearest(["a", "b", 1, "c"]).line == 6
    assert root.nearest(["a", "b", 7, "c"]).line == 3


@settings(deadline=None)  # a busy machine is no failure
@given(text=st.text(st.sampled_from("ab:-?[]{}&*!|>'\"#%@,0x. \n\t\0~<\ufeff\u2028é"), max_size=30))
def test_no_text_raises_anything_but_misconfigured(text: str) -> None:
    with suppress(Misconfigured):
        parse_yaml(text, "x.yaml")
