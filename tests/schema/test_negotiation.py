"""The media type of an answer, and the status that follows from it."""

from __future__ import annotations

import pytest

from hub.access.principal import Role
from hub.entrypoints.asgi.negotiation import media_type_of
from tests.schema.serving import Api

JSON = "application/json"
EVENTS = "text/event-stream"
GRAPHQL = "application/graphql-response+json"


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("*/*", JSON),
        ("application/*", GRAPHQL),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL),
        (f"{JSON}, {GRAPHQL}", JSON),
        (f"{GRAPHQL};q=0.5, {JSON};q=0.9", JSON),
        (f"{JSON};q=0, {GRAPHQL}", GRAPHQL),
        (f"{GRAPHQL};q=high, {JSON}", JSON),
        ("text/html", JSON),
        ("text/event-stream", EVENTS),
        (f"{GRAPHQL}, {JSON}, text/event-stream, multipart/mixed", GRAPHQL),
        ("text/event-stream, multipart/mixed, */*;q=0.1", EVENTS),
    ],
)
def test_the_type_is_the_one_that_the_caller_prefers(accept: str | None, chosen: str) -> None:
    assert media_type_of(accept) == chosen


@pytest.mark.parametrize(
    ("document", "variables", "status", "with_data"),
    [
        ("{", None, 400, False),
        ("{ nothing }", None, 400, False),
        ("query($by: CustomerBy!) { customer(by: $by) { name } }", {}, 400, False),
        ('{ customer(by: {email: "a"}) { name } }', None, 200, True),
        ("{ viewer { subject } }", None, 200, True),
    ],
    ids=["syntax", "validation", "variables", "execution", "fine"],
)
async def test_what_was_not_executed_is_a_client_error_in_the_type_of_the_specification(
    api: Api, document: str, variables: dict[str, object] | None, status: int, with_data: bool
) -> None:
    headers = {"authorization": f"Bearer {api.token(Role.AGENT)}"}
    body = {"query": document, "variables": variables}
    answer = await api.http.post("/graphql", json=body, headers=headers | {"accept": GRAPHQL})
    assert (answer.status_code, answer.headers["content-type"]) == (status, GRAPHQL)
    assert ("data" in answer.json()) is with_data
    plain = await api.http.post("/graphql", json=body, headers=headers | {"accept": JSON})
    assert (plain.status_code, plain.headers["content-type"]) == (200, JSON)
