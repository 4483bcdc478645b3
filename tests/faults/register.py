"""The adapter of two back offices that register new customers, simulators: one keeps the hub's key and can be asked for
it, the other keeps none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

import httpx2
from pydantic import AnyHttpUrl, BaseModel, ConfigDict

from hub.errors import Transient
from hub.ports.capabilities import Capabilities
from hub.ports.limits import DEFAULT_LIMITS, CallLimits
from hub.ports.pages import CheckResult
from hub.ports.system import Adapter, SystemPort
from hub.ports.writing import Unanswered, WriteCommand, WriteOutcome, Written
from hub.records.identity import Entity, ExternalId, SystemName
from hub.records.source import SourceObject

NOT_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout)
"""Failures before a byte of the request had left; after any other one it may have had its effect."""


class RegisterOptions(BaseModel):
    """Which office, and whether it keeps keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: AnyHttpUrl
    keeps_keys: bool


class RegisterPort(SystemPort):
    """Makes customers, one a call. Only an office that keeps keys is told one; the other one only hears the name."""

    def __init__(self, name: SystemName, options: RegisterOptions, limits: CallLimits = DEFAULT_LIMITS) -> None:
        self.name = name
        self.capabilities = {Entity.CUSTOMER: Capabilities(create=True, hub_key=options.keeps_keys)}
        self._keeps_keys = options.keeps_keys
        self._url = f"{str(options.url).rstrip('/')}/customers"
        self._client = httpx2.AsyncClient(timeout=limits.timeout_s)

    async def check(self) -> Sequence[CheckResult]:
        return [CheckResult(str(self.name), ok=True, detail=self._url)]

    async def now(self) -> datetime:
        return datetime.now(UTC)

    async def aclose(self) -> None:
        await self._client.aclose()

    async def write(self, commands: Sequence[WriteCommand]) -> Sequence[WriteOutcome]:
        return [await self._create(command) for command in commands]

    async def find_by_key(self, entity: Entity, key: str) -> SourceObject | None:
        try:
            answer = await self._client.get(self._url, params={"key": key})
        except httpx2.TransportError as error:
            raise Transient(f"{self.name} cannot be asked ({type(error).__name__})") from error
        found = answer.raise_for_status().json()
        return SourceObject(entity, ExternalId(str(found[0]["id"])), found[0], await self.now()) if found else None

    async def _create(self, command: WriteCommand) -> WriteOutcome:
        name = next(change.new for change in command.changes if change.path == ("name",))
        body = {"name": name, "key": command.key if self._keeps_keys else None}
        try:
            answer = await self._client.post(self._url, json=body)
        except NOT_SENT as error:
            raise Transient(f"{self.name} cannot be reached") from error
        except httpx2.TransportError as error:
            return Unanswered(f"{self.name} did not answer ({type(error).__name__})")
        return Written(ExternalId(str(answer.raise_for_status().json()["id"])))


ADAPTER: Final = Adapter(name="register", options=RegisterOptions, open=RegisterPort)
