"""The codes that callers are told are those of the schema, and those of the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from graphql import GraphQLError

from hub.errors import HubError, SlowSubscriber
from schema.errors import BAD_REQUEST, told
from schema.types.error_code import ErrorCode

REFERENCE = Path(__file__).parents[2] / "docs" / "api.md"
IN_SCHEMA = {str(code.value) for code in ErrorCode}
OF_THE_EDGE = {BAD_REQUEST, "TOO_LARGE"}


def codes(kind: type[HubError] = HubError) -> Iterator[str]:
    """Of an error and all that are derived from it."""
    yield kind.code
    for derived in kind.__subclasses__():
        yield from codes(derived)


def test_every_error_has_its_code_in_the_schema() -> None:
    assert {*codes(), *OF_THE_EDGE} == IN_SCHEMA


def test_every_code_is_documented() -> None:
    documented = re.findall(r"^\| `([A-Z_]+)` \|", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE)
    assert documented == sorted(IN_SCHEMA)


def test_who_is_cut_off_is_told_where_to_go_on() -> None:
    error = told(GraphQLError("", original_error=SlowSubscriber("ZmVlZA")))
    assert error.extensions == {"code": "SLOW_SUBSCRIBER", "cursor": "ZmVlZA"}
