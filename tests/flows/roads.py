"""One store seen by several roads: its API, a weekly export without versions, and an API that lies as it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from adapters.memory.port import MemoryPort
from adapters.memory.store import MemoryStore
from hub.errors import NothingWaiting
from hub.flows.engine_room import EngineRoom
from hub.flows.run_lane import run_lane
from hub.flows.start_run import start_run
from hub.flows.systems import OpenSystems
from hub.flows.twins import begin_twins
from hub.migration.comparison import Window
from hub.ports.capabilities import Capabilities, PullKind
from hub.ports.pages import PullPage
from hub.ports.system import SystemPort
from hub.records.identity import Entity, ExternalId, SystemName
from hub.records.lanes import FlowCadence, LaneMode
from hub.records.source import JsonObject, SourceObject
from hub.settings.flows import HUB, Flow, Lane
from hub.store.engine import Database
from tests.flows.building import RULES, at
from tests.flows.engine import CRM, FLOW, MAPPING

EXPORT, FAST = SystemName("crm-export"), SystemName("crm-fast")
CUSTOMER = Entity.CUSTOMER

Lie = Callable[[SourceObject], Sequence[SourceObject]]
"""What a lying API hands over in place of an object it should hand over."""


class ExportPort(MemoryPort):
    """The store's weekly full export: complete, without stamps, and no way to ask for one object.

    `read_after` the beginning its rows are read, and say so.
    """

    def __init__(self, store: MemoryStore) -> None:
        super().__init__(EXPORT, store)
        self.capabilities = {CUSTOMER: Capabilities(pull=PullKind.FULL)}
        self.read_after = timedelta()
        self.waiting: list[tuple[datetime, datetime, list[SourceObject]]] = []
        self._taken: list[SourceObject] = []

    def deliver(self, took: timedelta = timedelta(), lie: Lie = lambda one: [one]) -> None:
        """Write the export now; the store's clock goes on by as long as it took."""
        began = self._store.clock
        objects = [
            SourceObject(CUSTOMER, ExternalId(str(number)), dict(stored.body), began + self.read_after)
            for number, stored in sorted(self._store.objects(CUSTOMER).items())
        ]
        self._store.advance(took)
        self.waiting.append((began, self._store.clock, [told for one in objects for told in lie(one)]))

    async def begin_run(self, entity: Entity, cursor: JsonObject | None, overlap: timedelta) -> JsonObject:
        if not self.waiting:
            raise NothingWaiting("no export waits")
        began, finished, self._taken = self.waiting.pop(0)
        return {"began": began.isoformat(), "finished": finished.isoformat(), "from": 0}

    async def pull(self, entity: Entity, cursor: JsonObject, limit: int) -> PullPage:
        start = int(str(cursor["from"]))
        began, finished = (datetime.fromisoformat(str(cursor[name])) for name in ("began", "finished"))
        page = tuple(self._taken[start : start + limit])
        last = start + limit >= len(self._taken)
        return PullPage(page, {**cursor, "from": start + limit}, last, (), began, (began, finished))


class LyingPort(MemoryPort):
    """The store's API, except for what `lie` makes of each object it pulls."""

    def __init__(self, store: MemoryStore, lie: Lie, *, sweeps: bool = False) -> None:
        super().__init__(FAST, store)
        self._lie = lie
        self.capabilities = {CUSTOMER: replace(self.capabilities[CUSTOMER], sweep=sweeps)}

    async def pull(self, entity: Entity, cursor: JsonObject, limit: int) -> PullPage:
        page = await super().pull(entity, cursor, limit)
        return replace(page, objects=tuple(told for one in page.objects for told in self._lie(one)))


@dataclass
class Company:
    """A flow with a weekly export that counts and a daily lane in SHADOW, over one store."""

    database: Database
    store: MemoryStore
    export: ExportPort
    room: EngineRoom
    lanes: Mapping[FlowCadence, int]

    async def run(self, cadence: FlowCadence) -> UUID:
        """One run of a lane, to its end."""
        async with self.database.transaction() as connection:
            run_id = await start_run(connection, FLOW, self.room.clock(), self.store.clock, cadence)
        await run_lane(self.room, run_id)
        return run_id

    async def week(self, lie: Lie = lambda one: [one]) -> None:
        """A week passes, the export is written and taken in."""
        self.store.advance(timedelta(days=7))
        self.export.deliver(timedelta(minutes=10), lie)
        await self.run(FlowCadence.WEEKLY)

    async def hand_over(self, lie: Lie = lambda one: [one]) -> Window:
        """The export is written and taken in now, and a day later the candidate has passed it; the window it makes."""
        self.export.deliver(timedelta(minutes=10), lie)
        run_id = await self.run(FlowCadence.WEEKLY)
        await self.day()
        async with self.database.reading() as connection:
            row = (
                await connection.execute(
                    text("SELECT source_since, source_until FROM flow_run WHERE id = :id"), {"id": run_id}
                )
            ).one()
        return Window(row.source_since, row.source_until)

    async def day(self) -> None:
        """A day passes and the candidate pulls."""
        self.store.advance(timedelta(days=1))
        await self.run(FlowCadence.DAILY)

    async def set_mode(self, cadence: FlowCadence, mode: LaneMode) -> None:
        """As a migration would."""
        async with self.database.transaction() as connection:
            await connection.execute(
                text("UPDATE lane SET mode = :mode WHERE id = :lane"), {"mode": mode, "lane": self.lanes[cadence]}
            )


async def company(
    database: Database, store: MemoryStore, lie: Lie = lambda one: [one], *, sweeps: bool = False
) -> Company:
    """The rows that hub.yaml would make, and a room; the hub's clock is the store's."""
    lanes = (
        Lane(cadence=FlowCadence.WEEKLY, mode=LaneMode.AUTHORITATIVE, via=EXPORT, max_delete_share=1, page_size=7),
        Lane(
            cadence=FlowCadence.DAILY, mode=LaneMode.SHADOW, via=FAST, sweep=True, max_delete_share=1, overlap_s=86_400
        ),
    )
    export = ExportPort(store)
    openers: dict[str, Callable[[], SystemPort]] = {
        CRM: lambda: MemoryPort(CRM, store),
        EXPORT: lambda: export,
        FAST: lambda: LyingPort(store, lie, sweeps=sweeps),
    }
    room = EngineRoom(
        database=database,
        systems=OpenSystems(openers),
        flows={FLOW: Flow(FLOW, 2, "Customers", CUSTOMER, CRM, HUB, lanes, ())},
        mappings={(SystemName(system), CUSTOMER): MAPPING for system in openers},
        recognition=RULES.recognition,
        keys=RULES.keys,
        clock=lambda: max(store.clock, at(0)),
    )
    return Company(database, store, export, room, await _declared(database, lanes))


async def _declared(database: Database, lanes: Sequence[Lane]) -> Mapping[FlowCadence, int]:
    ids: dict[FlowCadence, int] = {}
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO information_flow (name, business_flow, title, entity, source, target)
                   VALUES (:flow, 2, 'Customers', 'customer', :crm, 'hub')"""
            ),
            {"flow": FLOW, "crm": CRM},
        )
        for lane in lanes:
            ids[lane.cadence] = await connection.scalar(
                text("INSERT INTO lane (flow, cadence, mode, via) VALUES (:flow, :cadence, :mode, :via) RETURNING id"),
                {"flow": FLOW, "cadence": lane.cadence, "mode": lane.mode, "via": lane.via},
            )
            if lane.mode is not LaneMode.AUTHORITATIVE:
                await begin_twins(connection, ids[lane.cadence], at(0))
    return ids
