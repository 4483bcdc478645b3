"""A query as nearly every client sends it: JSON by POST. Whatever is less plain takes strawberry's way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import orjson
from starlette.types import Message, Receive, Scope

from hub.entrypoints.asgi.origin import PURPOSE_KEY, SESSION_KEY, host_of

PATH: Final = "/graphql"
_MEMBERS: Final = frozenset({"query", "variables", "operationName"})
_JSON: Final = b"application/json"


class Head(NamedTuple):
    """What of a request's headers an answer depends on."""

    authorization: str | None
    accept: str | None
    request_id: str
    from_page: bool
    """Whether a browser's page sent it, which says where that page is from."""
    host: str | None
    purpose: str | None
    session: str | None


class PlainQuery(NamedTuple):
    """What is asked."""

    text: str
    variables: Mapping[str, Any] | None  # Any: JSON
    operation_name: str | None


def plain_head(scope: Scope, bytes_max: int) -> Head | None:
    """The head of a request whose body may be a plain query of a bounded length; None for any other."""
    if scope["type"] != "http" or scope["method"] != "POST" or scope["path"] != PATH:
        return None
    given: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        given.setdefault(name, value)
    length, accept = given.get(b"content-length", b""), given.get(b"accept", b"")
    if (
        not given.get(b"content-type", b"").startswith(_JSON)
        or not length.isdigit()
        or int(length) > bytes_max
        or b"stream" in accept
        or b"multi" in accept
    ):
        return None
    return Head(
        _text(given, b"authorization"),
        accept.decode("latin-1") or None,
        given.get(b"x-request-id", b"").decode("latin-1"),
        b"origin" in given,
        host_of(scope),
        _text(given, PURPOSE_KEY),
        _text(given, SESSION_KEY),
    )


def _text(given: Mapping[bytes, bytes], name: bytes) -> str | None:
    value = given.get(name)
    return None if value is None else value.decode("latin-1")


async def whole(receive: Receive) -> list[Message]:
    """The messages of a request to the end of its body, or to the caller's leaving."""
    messages = [await receive()]
    while messages[-1].get("more_body", False):
        messages.append(await receive())
    return messages


def replayed(messages: Sequence[Message], receive: Receive) -> Receive:
    """The request from its beginning, for whoever looks at it next."""
    left = iter(messages)

    async def receiving() -> Message:
        message = next(left, None)
        return await receive() if message is None else message

    return receiving


def plain_query(messages: Sequence[Message]) -> PlainQuery | None:
    """The text, variables and operation's name; None where anything else is asked, or nothing proper."""
    if messages[-1]["type"] != "http.request":
        return None
    try:
        body = orjson.loads(b"".join(message.get("body", b"") for message in messages))
    except orjson.JSONDecodeError:
        return None
    if not isinstance(body, dict) or not _MEMBERS.issuperset(body):
        return None
    text, variables, name = body.get("query"), body.get("variables"), body.get("operationName")
    if not isinstance(text, str) or not isinstance(variables, dict | None) or not isinstance(name, str | None):
        return None
    return PlainQuery(text, variables, name)
