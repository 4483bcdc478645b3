"""Queries by GET: kept by the caller only, and asked about again without being sent again (RFC 9110, RFC 9111)."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from hub.entrypoints.asgi.answers import NEVER_KEPT

_KEPT_BY_CALLER: Final = {"Cache-Control": "private, no-cache", "Vary": "Accept, Authorization"}


def with_validator(request: Request, response: Response) -> Response:
    """The answer with its ETag, or 304 when the caller holds just that one.

    An answer holds personal data, so no shared cache may keep it, and rights may end, so none is used unasked.
    """
    if request.method != "GET" or response.status_code != 200 or not hasattr(response, "body"):
        response.headers.update(NEVER_KEPT)
        return response
    tag = f'"{blake2b(bytes(response.body), digest_size=16).hexdigest()}"'
    if {tag, "*"} & _tags(",".join(request.headers.getlist("if-none-match"))):
        return Response(status_code=304, headers={"ETag": tag, **_KEPT_BY_CALLER})
    response.headers.update({"ETag": tag, **_KEPT_BY_CALLER})
    return response


def _tags(header: str) -> set[str]:
    return {tag.strip().removeprefix("W/") for tag in header.split(",")}
