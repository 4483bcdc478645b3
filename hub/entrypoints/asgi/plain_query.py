"""A query as nearly every client sends it: JSON by POST. Whatever is less plain takes strawberry's way."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from strawberry.http import GraphQLRequestData

from hub.entrypoints.asgi.answers import JSON

_MEMBERS = frozenset({"query", "variables", "operationName"})


async def plain_query(request: Request) -> GraphQLRequestData | None:
    """The request's text, variables and operation's name; None where anything else is asked, or nothing proper.

    The body stays with the request for whoever looks at it next.
    """
    headers = request.headers
    accepted = headers.get("accept", "")
    if (
        request.method != "POST"
        or not headers.get("content-type", "").startswith(JSON)
        or "stream" in accepted
        or "multi" in accepted
    ):
        return None
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        return None
    if not isinstance(body, dict) or not _MEMBERS.issuperset(body):
        return None
    text, variables, name = body.get("query"), body.get("variables"), body.get("operationName")
    if not isinstance(text, str) or not isinstance(variables, dict | None) or not isinstance(name, str | None):
        return None
    return GraphQLRequestData(query=text, variables=variables, operation_name=name, extensions=None)
