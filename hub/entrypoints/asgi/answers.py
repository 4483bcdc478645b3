"""Errors as HTTP answers; the only place that knows which status a HubError has."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Final

import orjson
from starlette.responses import Response

from hub.errors import (
    Forbidden,
    HubError,
    Invalid,
    NotFound,
    RateLimited,
    TooManyAtOnce,
    Transient,
    Unauthorised,
)
from schema.errors import hints

JSON: Final = "application/json"
NEVER_KEPT: Final = {"Cache-Control": "no-store"}
"""Of whatever no cache may keep, the caller's own included."""

_STATUS: Final[Mapping[type[HubError], int]] = {
    Forbidden: 403,
    Unauthorised: 401,
    NotFound: 404,
    Invalid: 400,
    Transient: 503,
    RateLimited: 429,
    TooManyAtOnce: 429,
}


def refused(error: HubError) -> Response:
    """The error in the shape of a GraphQL answer, with the headers that HTTP clients look for."""
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if isinstance(error, Transient):
        headers["Retry-After"] = str(ceil(error.retry_after_s or 1))
    return problem(status, error.code, error.message, headers, hints(error))


def problem(
    status: int,
    code: str,
    message: str,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, object] | None = None,
) -> Response:
    """`{"errors": [...]}` with one error; `more` stands beside its code."""
    body = orjson.dumps({"errors": [{"message": message, "extensions": {"code": code, **(more or {})}}]})
    return Response(body, status, media_type=JSON, headers={**NEVER_KEPT, **(headers or {})})
