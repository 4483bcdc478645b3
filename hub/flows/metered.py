"""A port whose every call passes the gate of its system; the adapter behind it knows nothing of that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from hub.flows.gate import Gate
from hub.ports.capabilities import Capabilities
from hub.ports.limits import RateLimit
from hub.ports.pages import CheckResult, PullPage, SweepPage
from hub.ports.system import SystemPort
from hub.ports.writing import Unanswered, WriteCommand, WriteOutcome
from hub.records.identity import Entity, ExternalId
from hub.records.source import JsonObject, SourceObject


class MeteredPort(SystemPort):
    """Raises Throttled and Suspended besides what `port` raises."""

    def __init__(self, port: SystemPort, gate: Gate) -> None:
        self.name = port.name
        self.capabilities: Mapping[Entity, Capabilities] = port.capabilities
        self._port = port
        self._gate = gate

    async def check(self) -> Sequence[CheckResult]:
        """Past the gate: a person wants to know what is wrong, and it raises nothing."""
        return await self._port.check()

    async def now(self) -> datetime:
        """As the port."""
        return await self._gate.through(self._port.now, self.rate_limit)

    async def aclose(self) -> None:
        """As the port."""
        await self._port.aclose()

    async def begin_run(self, entity: Entity, cursor: JsonObject | None, overlap: timedelta) -> JsonObject:
        """As the port."""
        return await self._gate.through(lambda: self._port.begin_run(entity, cursor, overlap), self.rate_limit)

    async def pull(self, entity: Entity, cursor: JsonObject, limit: int) -> PullPage:
        """As the port."""
        return await self._gate.through(lambda: self._port.pull(entity, cursor, limit), self.rate_limit)

    async def finished(self, entity: Entity, cursor: JsonObject) -> None:
        """As the port; where that does nothing, no call is spent."""
        if type(self._port).finished is not SystemPort.finished:
            await self._gate.through(lambda: self._port.finished(entity, cursor), self.rate_limit)

    async def sweep(self, entity: Entity, after: str | None, limit: int) -> SweepPage:
        """As the port."""
        return await self._gate.through(lambda: self._port.sweep(entity, after, limit), self.rate_limit)

    async def read(self, entity: Entity, ids: Sequence[ExternalId]) -> Sequence[SourceObject]:
        """As the port."""
        return await self._gate.through(lambda: self._port.read(entity, ids), self.rate_limit)

    async def write(self, commands: Sequence[WriteCommand]) -> Sequence[WriteOutcome]:
        """As the port; commands that nobody answered count as a failure of the system."""
        return await self._gate.through(lambda: self._port.write(commands), self.rate_limit, _unanswered, goes_on=True)

    async def find_by_key(self, entity: Entity, key: str) -> SourceObject | None:
        """As the port."""
        return await self._gate.through(lambda: self._port.find_by_key(entity, key), self.rate_limit)

    def rate_limit(self) -> RateLimit | None:
        """As the port."""
        return self._port.rate_limit()


def _unanswered(outcomes: Sequence[WriteOutcome]) -> bool:
    return any(isinstance(outcome, Unanswered) for outcome in outcomes)
