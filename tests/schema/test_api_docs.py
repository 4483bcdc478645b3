"""The examples of docs/api.md give the answers that stand below them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from hub.access.principal import Role
from hub.entrypoints.asgi.documents import Documents
from hub.live.changes import place_of
from hub.store.engine import Database
from tests.schema.following import events
from tests.schema.serving import Api, listening_api, serving

TEXT: Final = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
EXAMPLE: Final = re.compile(r"<!-- run -->\n```graphql\n(.*?)```\n\n```json\n(.*?)```", re.DOTALL)
EXAMPLES: Final = EXAMPLE.findall(TEXT)
FOLLOWED: Final = re.compile(r"<!-- follow -->\n```graphql\n(.*?)```\n\n```json\n(.*?)```", re.DOTALL).findall(TEXT)
HTTP: Final = re.findall(r"```http\n((?:GET|POST) .*?)```\n\n```http\n(\d.*?)```", TEXT, re.DOTALL)
"""Requests with their answers, in order: what one is answered may come of the one before."""


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == TEXT.count("<!-- run -->") == 6
    assert len(FOLLOWED) == TEXT.count("<!-- follow -->") == 1
    assert len(HTTP) == TEXT.count("```http") / 2 == 6


@pytest.mark.parametrize(("document", "expected"), EXAMPLES, ids=[str(n) for n in range(len(EXAMPLES))])
async def test_an_example_is_answered_as_documented(api: Api, document: str, expected: str) -> None:
    answer = await api.ask(document)
    told: dict[str, Any] = {"data": answer.data} | ({"errors": answer.errors} if answer.errors else {})
    assert told == json.loads(expected)


def parts(message: str) -> tuple[str, dict[str, str], Any]:
    """First line, headers and body of a message."""
    head, _, body = message.strip().partition("\n\n")
    first, *headers = head.splitlines()
    return first, dict(header.split(": ", 1) for header in headers), json.loads(body) if body else None


async def test_requests_over_http_are_answered_as_documented(
    company: Database, database_url: str, tmp_path: Path
) -> None:
    documents = Documents({"who": "{ viewer { subject } }"}, trusted_only=False)
    async with serving(database_url, tmp_path, documents=documents) as api:
        for request, expected in HTTP:
            line, headers, body = parts(request)
            method, path = line.split(" ")
            headers |= {"authorization": f"Bearer {api.token(Role.AGENT)}"}
            answer = await api.http.request(method, path, headers=headers, json=body)
            status, tells, told = parts(expected)
            assert (answer.status_code, answer.json() if answer.content else None) == (int(status), told), request
            assert {name: answer.headers[name] for name in tells} == tells


@pytest.mark.slow
async def test_a_subscription_is_answered_as_documented(company: Database, database_url: str, tmp_path: Path) -> None:
    ((document, expected),) = FOLLOWED
    async with (
        listening_api(database_url, tmp_path) as (api, _),
        events(api.http, api.token(Role.AGENT), document, {}) as heard,
    ):
        name, told = await anext(heard)
    documented = json.loads(expected)
    cursors = [place_of(one["data"]["customerUpdates"].pop("cursor")) for one in (told, documented)]
    assert (name, told) == ("next", documented)
    assert [cursor.position for cursor in cursors] == [0, 0], "the generation differs with each database"
