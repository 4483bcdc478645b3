"""Errors as HTTP answers; the only place that knows which status a HubError has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import orjson
from starlette.responses import Response

from hub.errors import Forbidden, HubError, Invalid, NotFound, Transient, Unauthorised

JSON: Final = "application/json"

_STATUS: Final[Mapping[type[HubError], int]] = {
    Forbidden: 403,
    Unauthorised: 401,
    NotFound: 404,
    Invalid: 400,
    Transient: 503,
}


def refused(error: HubError) -> Response:
    """The error in the shape of a GraphQL answer, with the headers that HTTP clients look for."""
    status = next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if isinstance(error, Transient):
        headers["Retry-After"] = str(int(error.retry_after_s or 1))
    return problem(status, error.code, error.message, headers)


def problem(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """`{"errors": [...]}` with one error."""
    body = orjson.dumps({"errors": [{"message": message, "extensions": {"code": code}}]})
    return Response(body, status, media_type=JSON, headers=dict(headers or {}))
