"""The examples of docs/api.md give the answers that stand below them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from tests.schema.serving import Api

TEXT: Final = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLE: Final = re.compile(r"<!-- run -->\n```graphql\n(.*?)```\n\n```json\n(.*?)```", re.DOTALL)
EXAMPLES: Final = EXAMPLE.findall(TEXT)


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == TEXT.count("<!-- run -->") == 4


@pytest.mark.parametrize(("document", "expected"), EXAMPLES, ids=[str(n) for n in range(len(EXAMPLES))])
async def test_an_example_is_answered_as_documented(api: Api, document: str, expected: str) -> None:
    answer = await api.ask(document)
    told: dict[str, Any] = {"data": answer.data} | ({"errors": answer.errors} if answer.errors else {})
    assert told == json.loads(expected)
