"""The port: one BottleCRM as lead management."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from adapters.bottlecrm import hub_leads
from adapters.bottlecrm.answers import comment_on
from adapters.bottlecrm.check import check_access
from adapters.bottlecrm.connection import Connection
from adapters.bottlecrm.options import BottleCrmOptions
from adapters.bottlecrm.reading import Place, heard, list_page, read_by_id
from adapters.bottlecrm.writing import create, update
from hub.errors import Invalid
from hub.ports.capabilities import Capabilities, PullKind
from hub.ports.limits import DEFAULT_LIMITS, CallLimits
from hub.ports.pages import CheckResult, PullPage, SweepPage
from hub.ports.system import SystemPort
from hub.ports.writing import Operation, WriteCommand, WriteOutcome
from hub.records.identity import Entity, ExternalId, SystemName
from hub.records.source import JsonObject, SourceObject, SweptId


class BottleCrmPort(SystemPort):
    """Reads whole lists, since the API cannot be asked what changed; webhooks tell that (see `webhooks`)."""

    def __init__(self, name: SystemName, options: BottleCrmOptions, limits: CallLimits = DEFAULT_LIMITS) -> None:
        self.name = name
        can = Capabilities(
            pull=PullKind.SNAPSHOT,
            sweep=True,
            read=True,
            create=True,
            update=True,
            push=bool(options.webhook_secrets),
            versions=True,
        )
        self.capabilities: Mapping[Entity, Capabilities] = {
            entity: Capabilities(update=True) if entity is Entity.LEAD_RESPONSE else can for entity in options.entities
        }
        self._connection = Connection(options, limits)
        self._at_once = limits.concurrency
        self._page_rows = options.page_rows

    async def check(self) -> Sequence[CheckResult]:
        """The address, then each entity by reading one record."""
        return await check_access(self._connection, list(self.capabilities))

    async def now(self) -> datetime:
        """See `clock`."""
        return await heard(self._connection)

    async def aclose(self) -> None:
        """Nothing is left at BottleCRM."""
        await self._connection.aclose()

    async def begin_run(self, entity: Entity, cursor: JsonObject | None, overlap: timedelta) -> JsonObject:
        """Every run reads everything: where the last one ended is of no use."""
        self._declared("pull", entity)
        return Place(began=await self.now()).cursor()

    async def pull(self, entity: Entity, cursor: JsonObject, limit: int) -> PullPage:
        """See `reading`."""
        self._declared("pull", entity)
        place = Place.of(cursor)
        objects, behind, last = await list_page(self._connection, entity, place, min(limit, self._page_rows))
        return PullPage(tuple(objects), behind.cursor(), last, set_began=place.began)

    async def sweep(self, entity: Entity, after: str | None, limit: int) -> SweepPage:
        """The same lists, of which only ids and fingerprints go on."""
        self._declared("sweep", entity)
        place = Place(began=await self.now()) if after is None else Place.model_validate_json(after)
        objects, behind, last = await list_page(self._connection, entity, place, min(limit, self._page_rows))
        swept = tuple(SweptId(found.external_id, found.fingerprint) for found in objects)
        return SweepPage(swept, None if last else behind.model_dump_json())

    async def read(self, entity: Entity, ids: Sequence[ExternalId]) -> Sequence[SourceObject]:
        """See `reading`."""
        self._declared("read", entity)
        return await read_by_id(self._connection, entity, ids, self._at_once)

    async def write(self, commands: Sequence[WriteCommand]) -> Sequence[WriteOutcome]:
        """One command at a time, as BottleCRM takes them."""
        if len(commands) > 1:
            raise Invalid(f"system {self.name} takes one command at once, not {len(commands)}")
        (command,) = commands
        self._declared("write", command.entity)
        if command.operation is Operation.DELETE:
            raise self._cannot("delete", command.entity)
        if command.operation is Operation.UPDATE and command.entity is Entity.SALES_LEAD:
            return [await hub_leads.carry_out(self._connection, command)]
        if command.entity is Entity.LEAD_RESPONSE:
            return [await comment_on(self._connection, command)]
        carry_out = create if command.operation is Operation.CREATE else update
        return [await carry_out(self._connection, command)]

    def _declared(self, what: str, entity: Entity) -> None:
        can = self.capabilities.get(entity)
        if can is None or not (can.read or what == "write"):
            raise self._cannot(what, entity)
