"""Orders out: `PUT {url}/requests/{number}`, signed and with the command's idempotency key.

A call is signed as https://www.standardwebhooks.com/ describes, so that the back office checks the hub by the scheme by
which the hub checks the back office. Each PUT says what is new of the request; the same key has the effect of once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

import httpx2
import orjson
from standardwebhooks.webhooks import Webhook

from adapters.backoffice.options import BackOfficeOptions
from hub.errors import Rejected, Transient, Unauthorised
from hub.ports.capabilities import Capabilities
from hub.ports.limits import DEFAULT_LIMITS, CallLimits
from hub.ports.pages import CheckResult
from hub.ports.system import SystemPort
from hub.ports.writing import Operation, Refused, Unanswered, WriteCommand, WriteOutcome, Written
from hub.records.identity import Entity, SystemName

_CAN: Final = Capabilities(update=True, push=True, push_in_full=True, versions=True)
_NOT_NOW: Final = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)


class BackOfficePort(SystemPort):
    """Sends requests and reads nothing: what becomes of them the back office reports by itself."""

    def __init__(self, name: SystemName, options: BackOfficeOptions, limits: CallLimits = DEFAULT_LIMITS) -> None:
        self.name = name
        self.capabilities: Mapping[Entity, Capabilities] = {Entity.BUSINESS_REQUEST: _CAN}
        self._base = str(options.url).rstrip("/")
        self._signer = Webhook(options.secret.get_secret_value())
        self._before_request = limits.before_request
        self._client = httpx2.AsyncClient(
            timeout=limits.timeout_s, limits=httpx2.Limits(max_connections=limits.concurrency)
        )

    async def check(self) -> Sequence[CheckResult]:
        """Whether something answers at the address."""
        try:
            response = await self._client.get(f"{self._base}/health")
        except httpx2.TransportError as error:
            return [CheckResult("connect", ok=False, detail=f"{self._base} cannot be reached ({type(error).__name__})")]
        well = response.status_code == HTTPStatus.OK
        return [CheckResult("connect", ok=well, detail=f"{self._base}/health answers HTTP {response.status_code}")]

    async def now(self) -> datetime:
        """The machine's clock: reports carry stamps of their own, and nothing is pulled."""
        return datetime.now(UTC)

    async def aclose(self) -> None:
        """Close every connection; may be called twice."""
        await self._client.aclose()

    async def write(self, commands: Sequence[WriteCommand]) -> Sequence[WriteOutcome]:
        """One call each, in order. What follows one that could not be sent is not sent either."""
        for command in commands:
            if command.entity not in self.capabilities:
                raise self._cannot("write", command.entity)
            if command.operation is not Operation.UPDATE:
                raise self._cannot(command.operation.value.lower(), command.entity)
        outcomes: list[WriteOutcome] = []
        for command in commands:
            try:
                outcomes.append(await self._send(command))
            except Transient as error:
                if not outcomes:
                    raise
                outcomes.append(Unanswered(error.message))
        return outcomes

    async def _send(self, command: WriteCommand) -> WriteOutcome:
        number = command.external_id or ""
        body = orjson.dumps({"/".join(change.path): change.new for change in command.changes})
        url = f"{self._base}/requests/{quote(number, safe='')}"
        await self._before_request()
        try:
            response = await self._client.put(url, content=body, headers=self._headers(command.key, body))
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout) as error:
            raise Transient(f"the back office cannot be reached ({type(error).__name__})") from error
        except httpx2.TransportError as error:
            return Unanswered(f"the back office did not answer ({type(error).__name__})")
        return self._outcome(command, response)

    def _headers(self, key: str, body: bytes) -> Mapping[str, str]:
        now = datetime.now(UTC)
        return {
            "content-type": "application/json",
            "idempotency-key": key,
            "webhook-id": key,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signer.sign(key, now, body.decode()),
        }

    def _outcome(self, command: WriteCommand, response: httpx2.Response) -> WriteOutcome:
        status = response.status_code
        if status < HTTPStatus.BAD_REQUEST and command.external_id is not None:
            return Written(command.external_id)
        if status in _NOT_NOW:
            raise Transient(f"the back office answered HTTP {status}", _seconds(response.headers.get("Retry-After")))
        if status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise Unauthorised(f"the back office refused the hub's signature with HTTP {status}")
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Unanswered(f"the back office answered HTTP {status}")
        return Refused(Rejected.code, f"the back office refused the request with HTTP {status}")


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isdecimal() else None
