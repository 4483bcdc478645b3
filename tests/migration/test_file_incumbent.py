"""A rollback to a lane that reads files: what it read as auditor is in done/, and no run of it reads that again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from adapters.memory.port import MemoryPort
from adapters.memory.store import MemoryStore
from hub.flows.systems import OpenSystems
from hub.migration.comparing import MigrationRoom, compare_outbound
from hub.migration.plan import plan
from hub.migration.roll_back import roll_back
from hub.ports.system import SystemPort
from hub.records.identity import Entity, FlowName
from hub.records.lanes import FlowCadence, LaneMode
from hub.records.migration import MigrationState
from hub.records.source import SourceObject
from hub.settings.flows import HUB, Flow, Lane
from hub.settings.migrations import MigrationRules
from hub.store.engine import Database
from tests.flows.engine import MAPPING
from tests.flows.roads import EXPORT, FAST, ExportPort, LyingPort
from tests.migration.steering import CRM, DAILY, FLOW, START, Steered, body

pytestmark = pytest.mark.slow

S = MigrationState
WEEKLY = FlowCadence.WEEKLY


@dataclass
class ByFile(Steered):
    """A weekly export counts, a daily lane by the API follows. `dropped`: ids that the API does not tell of.

    `readable`: an object can be asked for at the CRM.
    """

    dropped: set[str] = field(default_factory=set)
    readable: bool = True
    prerequisites: tuple[FlowName, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        self.export = ExportPort(self.store)
        crm = MemoryPort(CRM, self.store)
        fast = LyingPort(self.store, self._told)
        if not self.readable:
            for port in (crm, fast):
                port.capabilities = {Entity.CUSTOMER: replace(port.capabilities[Entity.CUSTOMER], read=False)}
        openers: dict[str, Callable[[], SystemPort]] = {
            CRM: lambda: crm,
            EXPORT: lambda: self.export,
            FAST: lambda: fast,
        }
        systems = OpenSystems(openers)
        mappings = {(system, Entity.CUSTOMER): MAPPING for system in (CRM, EXPORT, FAST)}
        self.engine = replace(self.engine, systems=systems, mappings=mappings)
        limits = dict.fromkeys((EXPORT, FAST), self.desk.limits[CRM]) | dict(self.desk.limits)
        self.desk = replace(
            self.desk, limits=limits, capabilities_of=lambda system, entity: systems.port(system).capabilities[entity]
        )
        self.room = MigrationRoom(self.engine, self.desk, self.compare, compare_outbound)

    def _told(self, one: SourceObject) -> list[SourceObject]:
        return [] if one.external_id in self.dropped else [one]

    def flow(self) -> Flow:
        lanes = (
            Lane(cadence=WEEKLY, mode=LaneMode.AUTHORITATIVE, cron="0 3 * * 1", via=EXPORT),
            Lane(cadence=DAILY, mode=LaneMode.STANDBY, cron="0 3 * * *", via=FAST, overlap_s=60),
        )
        return Flow(FLOW, 2, "Customers", Entity.CUSTOMER, CRM, HUB, lanes, (), self.rules)

    async def declare(self) -> None:
        async with self.database.transaction() as connection:
            for name in (EXPORT, FAST):
                await connection.execute(
                    text("INSERT INTO connected_system (name, adapter, roles) VALUES (:name, 'memory', '{CRM}')"),
                    {"name": name},
                )
        self.export.deliver()
        await super().declare()

    async def plan(self) -> None:
        async with self.database.transaction() as connection:
            await plan(connection, self.desk, FLOW, DAILY, "anna", self.now)

    async def window(self) -> None:
        """A week's export is taken in, then the daily lane passes it."""
        self.pass_time(timedelta(minutes=1))
        self.export.deliver()
        await self.run(WEEKLY)
        await self.run(DAILY)


async def by_file(database: Database, *, readable: bool) -> ByFile:
    store = MemoryStore(START)
    for number in (1, 2, 3):
        store.put(Entity.CUSTOMER, str(number), body(f"Customer {number}", f"c{number}@example.com"))
    rules = MigrationRules(clean_windows=1, clean_audits=0)
    hub = ByFile(database, store, rules=rules, readable=readable)
    await hub.declare()
    return hub


async def take_back(hub: ByFile) -> None:
    hub.pass_time(timedelta(minutes=1))
    async with hub.database.transaction() as connection:
        await roll_back(connection, hub.desk, FLOW, "ben", "it drops changes", hub.now)
    hub.pass_time(timedelta(minutes=1))
    await hub.work_off()
    assert await hub.state() is S.ROLLED_BACK


@pytest.mark.parametrize("readable", [True, False])
async def test_a_change_that_the_failed_lane_dropped_is_live_after_the_rollback(
    database: Database, readable: bool
) -> None:
    hub = await by_file(database, readable=readable)
    await hub.until(S.OBSERVING)
    hub.dropped = {"2", "4"}
    hub.pass_time(timedelta(minutes=1))
    hub.store.put(Entity.CUSTOMER, "2", body("Moved", "c2@example.com"))
    hub.store.put(Entity.CUSTOMER, "4", body("New", "c4@example.com"))
    await hub.window()
    assert await hub.names() == ["Customer 1", "Customer 2", "Customer 3"]
    await take_back(hub)
    assert await hub.names() == ["Customer 1", "Customer 3", "Moved", "New"]


async def test_what_changed_since_the_last_audit_stays_as_the_failed_lane_brought_it(database: Database) -> None:
    hub = await by_file(database, readable=False)
    await hub.until(S.OBSERVING)
    await hub.window()
    hub.store.put(Entity.CUSTOMER, "1", body("Later", "c1@example.com"))
    await hub.run(DAILY)
    await take_back(hub)
    assert await hub.names() == ["Customer 2", "Customer 3", "Later"]


async def test_without_an_audit_nothing_else_is_read(database: Database) -> None:
    hub = await by_file(database, readable=True)
    await hub.until(S.OBSERVING)
    await take_back(hub)
    (counters,) = (await hub.rows("SELECT body -> 'counters' FROM migration_evidence WHERE kind = 'RESTORED'"))[0]
    assert counters == {}
