"""HTTP to one Tryton: what reached it, what came back, and which failures leave the outcome open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx2

from adapters.tryton.options import TrytonOptions
from hub.errors import Transient
from hub.ports.answer_headers import rate_limit_of, retry_after_s
from hub.ports.limits import CallLimits, RateLimit

_NOT_NOW = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class AnswerLost(Transient):
    """The call left and no answer came back: a read may be repeated, a write may have happened."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer that Tryton, or something in front of it, did give; `status` is below 500."""

    status: int
    content: bytes
    date: datetime | None
    retry_after_s: float | None


class Connection:
    """A pool of connections to `/<database>/rpc/`."""

    def __init__(self, options: TrytonOptions, limits: CallLimits) -> None:
        self._url = f"{str(options.url).rstrip('/')}/{options.database}/rpc/"
        self._client = httpx2.AsyncClient(
            timeout=limits.timeout_s,
            limits=httpx2.Limits(max_connections=limits.concurrency),
            # Tryton labels every answer over 1,400 bytes as gzip, also plain bytes to a client that did not ask
            # for it: only a client that accepts gzip can read them.
            headers={"Content-Type": "application/json", "Accept": "application/json", "Accept-Encoding": "gzip"},
        )
        self._before_request = limits.before_request
        self._told: RateLimit | None = None

    async def post(self, body: bytes, authorization: str | None) -> Reply:
        """Send one call. Raises AnswerLost when it may have had an effect, Transient when it cannot have had one."""
        headers = {"Authorization": authorization} if authorization is not None else {}
        await self._before_request()
        try:
            response = await self._client.post(self._url, content=body, headers=headers)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise Transient(f"Tryton cannot be reached ({type(error).__name__})") from error
        except httpx2.DecodingError as error:
            raise AnswerLost("Tryton's answer cannot be unpacked") from error
        except httpx2.TransportError as error:
            raise AnswerLost(f"Tryton's answer was lost ({type(error).__name__})") from error
        after_s = retry_after_s(response.headers)
        if response.status_code in _NOT_NOW and after_s is not None:
            # Kept apart from the error, which a write turns into an outcome without a time.
            self._told = RateLimit(0, after_s)
        else:
            self._told = rate_limit_of(response.headers) or self._told
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            # A gateway in front of Tryton answers like this too, whatever became of the call behind it.
            raise AnswerLost(f"Tryton answered with HTTP {response.status_code}", after_s)
        return Reply(response.status_code, response.content, _date(response.headers.get("Date")), after_s)

    def told(self) -> RateLimit | None:
        """What Tryton, or a gateway in front of it, said since the last question."""
        told, self._told = self._told, None
        return told

    async def aclose(self) -> None:
        """Close every connection; may be called twice."""
        await self._client.aclose()


def _date(header: str | None) -> datetime | None:
    return parsedate_to_datetime(header) if header is not None else None
