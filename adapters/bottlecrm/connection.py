"""HTTP to one BottleCRM, with refusals grouped by how one recovers."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypeAlias

import httpx2

from adapters.bottlecrm.clock import SourceClock
from adapters.bottlecrm.options import BottleCrmOptions
from adapters.bottlecrm.wire import refused_fields
from hub.errors import HubError, Rejected, Transient, Unauthorised
from hub.ports.answer_headers import retry_after_s
from hub.ports.limits import CallLimits
from hub.records.source import JsonValue

Query: TypeAlias = Mapping[str, str | int]


class AnswerLost(Transient):
    """The call left and no answer came back: a read may be repeated, a write may have happened."""


class Gone(HubError):
    """There is no such record, or the token's owner may not see it."""


class Connection:
    """A pool of connections to `/api/`; `clock` hears the time of every answer."""

    def __init__(self, options: BottleCrmOptions, limits: CallLimits) -> None:
        self.clock = SourceClock()
        self._before_request = limits.before_request
        self._client = httpx2.AsyncClient(
            base_url=str(options.url),
            timeout=limits.timeout_s,
            limits=httpx2.Limits(max_connections=limits.concurrency),
            headers={"Accept": "application/json", "Authorization": f"Bearer {options.token.get_secret_value()}"},
        )

    async def get(self, path: str, query: Query | None = None) -> bytes:
        """The body of an answer with 200. Raises Gone for a record that is not there."""
        return await self._call("GET", path, query=query)

    async def send(self, method: str, path: str, body: Mapping[str, JsonValue]) -> bytes:
        """POST or PATCH. Raises AnswerLost when it may have had an effect, Transient when it cannot have had one."""
        return await self._call(method, path, body=body)

    async def aclose(self) -> None:
        """Close every connection; may be called twice."""
        await self._client.aclose()

    async def _call(
        self, method: str, path: str, query: Query | None = None, body: Mapping[str, JsonValue] | None = None
    ) -> bytes:
        await self._before_request()
        try:
            response = await self._client.request(method, path, params=query, json=body)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise Transient(f"BottleCRM cannot be reached ({type(error).__name__})") from error
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise AnswerLost(f"BottleCRM's answer was lost ({type(error).__name__})") from error
        if (date := response.headers.get("Date")) is not None:
            self.clock.hear(parsedate_to_datetime(date))
        refusal = _refusal(response, f"{method} {path.split('/')[1]}")
        if refusal is not None:
            raise refusal
        return response.content


def _refusal(response: httpx2.Response, what: str) -> HubError | None:
    """What a status means; paths hold ids, so only the kind of record is told."""
    after_s = retry_after_s(response.headers)
    match response.status_code:
        case HTTPStatus.OK | HTTPStatus.CREATED:
            return None
        case HTTPStatus.TOO_MANY_REQUESTS:
            return Transient("BottleCRM asks for patience", after_s)
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            # A token that is unknown, revoked or past its date is answered like one without the right: 403.
            return Unauthorised(f"BottleCRM does not accept the token for {what}")
        case HTTPStatus.NOT_FOUND:
            return Gone(f"BottleCRM has no such record ({what})")
        case HTTPStatus.BAD_REQUEST:
            return Rejected(f"BottleCRM refused {what}: {refused_fields(response.content)}")
        case status if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return AnswerLost(f"BottleCRM answered with HTTP {status}", after_s)
        case status:
            return Rejected(f"BottleCRM refused {what} with HTTP {status}")
