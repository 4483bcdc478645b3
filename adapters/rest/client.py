"""HTTP to one API: bounded answers, and each failure as the error that says how to recover."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import assert_never

import httpx2
import orjson

from adapters.rest.options import BearerToken, Password, RestOptions, SecretHeader
from hub.errors import NotFound, Rejected, Transient, Unauthorised
from hub.ports.answer_headers import rate_limit_of, retry_after_s
from hub.ports.limits import CallLimits, RateLimit
from hub.records.source import JsonValue

_GONE = (HTTPStatus.NOT_FOUND, HTTPStatus.GONE)
_NOT_NOW = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


@dataclass(frozen=True, slots=True)
class Answer:
    """A JSON answer; `date` is the server's clock in whole seconds, `next_url` what its Link header names."""

    body: JsonValue
    date: datetime | None
    next_url: str | None


class Client:
    """GET on one base address. Nothing is asked of another host, whatever an answer names."""

    def __init__(self, options: RestOptions, limits: CallLimits) -> None:
        self._base = str(options.url).rstrip("/")
        self._bytes_max = options.answer_bytes_max
        self._client = httpx2.AsyncClient(
            auth=_basic(options),
            headers={"Accept": "application/json", **options.headers, **_secret_headers(options)},
            timeout=limits.timeout_s,
            limits=httpx2.Limits(max_connections=limits.concurrency),
        )
        self._before_request = limits.before_request
        self._told: RateLimit | None = None

    async def get(self, path: str, params: dict[str, str]) -> Answer:
        """Raises NotFound for what is gone, Transient, Unauthorised or Rejected for the rest."""
        url = path if path.startswith(("http://", "https://")) else self._base + path
        if not url.startswith(self._base + "/"):
            raise Rejected("the API names a next page on another address; it is not followed")
        await self._before_request()
        try:
            async with self._client.stream("GET", url, params=params or None) as response:
                self._refuse(response)
                content = await self._bounded(response)
        except httpx2.TransportError as error:
            raise Transient(f"the API cannot be reached ({type(error).__name__})") from error
        return Answer(_parsed(content), _date(response), response.links.get("next", {}).get("url"))

    def told(self) -> RateLimit | None:
        """What the API said of its limit since the last question."""
        told, self._told = self._told, None
        return told

    async def aclose(self) -> None:
        """Close every connection; may be called twice."""
        await self._client.aclose()

    def _refuse(self, response: httpx2.Response) -> None:
        status = response.status_code
        self._told = rate_limit_of(response.headers) or self._told
        if status < HTTPStatus.BAD_REQUEST:
            return
        if status in _NOT_NOW or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise Transient(f"the API answered with HTTP {status}", retry_after_s(response.headers))
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise Unauthorised(f"the API refused the hub's credentials with HTTP {status}")
        if status in _GONE:
            raise NotFound(f"the API answered with HTTP {status}")
        raise Rejected(f"the API refused the call with HTTP {status}")

    async def _bounded(self, response: httpx2.Response) -> bytes:
        content = bytearray()
        async for chunk in response.aiter_bytes():
            content += chunk
            if len(content) > self._bytes_max:
                raise Rejected(f"the API's answer is larger than answer_bytes_max ({self._bytes_max}): ask for less")
        return bytes(content)


def _basic(options: RestOptions) -> tuple[str, str] | None:
    match options.auth:
        case Password(user=user, password=password):
            return user, password.get_secret_value()
        case _:
            return None


def _secret_headers(options: RestOptions) -> dict[str, str]:
    match options.auth:
        case None | Password():
            return {}
        case BearerToken(token=token):
            return {"Authorization": f"Bearer {token.get_secret_value()}"}
        case SecretHeader(name=name, value=value):
            return {name: value.get_secret_value()}
        case _:
            assert_never(options.auth)


def _parsed(content: bytes) -> JsonValue:
    try:
        body: JsonValue = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise Rejected("the API's answer is not JSON") from error
    return body


def _date(response: httpx2.Response) -> datetime | None:
    header = response.headers.get("Date")
    return None if header is None else parsedate_to_datetime(header)
