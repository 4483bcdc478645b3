"""A candidate that is wrong about a real Tryton is caught as well: its adapter drops changes and misses a delete."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.files import EntityLayout, FilesOptions, FilesPort, write_export
from adapters.files.options import FileFormat
from adapters.tryton.options import TrytonOptions
from examples.demo.tryton.rpc import TrytonRpc
from examples.demo.tryton.server import TrytonServer
from hub.errors import Conflict
from hub.ports.pages import PullPage
from hub.records.identity import Entity, FlowName, SystemName
from hub.records.lanes import FlowCadence, LaneMode
from hub.records.migration import MigrationState
from hub.records.source import JsonObject
from hub.settings.flows import HUB, Flow, Lane
from hub.settings.migrations import MigrationRules
from hub.store.engine import Database
from tests.migration.end_to_end.clerks import Clerks
from tests.migration.end_to_end.conftest import ONE
from tests.migration.end_to_end.crm_in_time import CRM, TrytonInTime, Wall
from tests.migration.end_to_end.test_customers import MAPPINGS
from tests.migration.end_to_end.timed_hub import TimedHub
from tests.tryton_ground import Ground

pytestmark = pytest.mark.slow

CUSTOMER, EXPORT, FAST = Entity.CUSTOMER, SystemName("crm-export"), SystemName("crm-fast")
WEEKLY, DAILY = FlowCadence.WEEKLY, FlowCadence.DAILY
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LANES = (
    Lane(cadence=WEEKLY, mode=LaneMode.AUTHORITATIVE, cron="0 6 * * 1", via=EXPORT),
    Lane(cadence=DAILY, mode=LaneMode.STANDBY, cron="0 3 * * *", via=FAST),
)
FLOW = Flow(FlowName("customers"), 2, "Customers", CUSTOMER, CRM, HUB, LANES, (), MigrationRules(clean_windows=2))


class DroppingTryton(TrytonInTime):
    """The adapter as it is, but that it loses what Tryton says of `dropped`, and cannot list ids."""

    def __init__(self, options: TrytonOptions, wall: Wall, dropped: set[str]) -> None:
        super().__init__(options, wall)
        self._dropped = dropped
        self.capabilities = {CUSTOMER: replace(self.capabilities[CUSTOMER], sweep=False)}

    async def pull(self, entity: Entity, cursor: JsonObject, limit: int) -> PullPage:
        page = await super().pull(entity, cursor, limit)
        return replace(page, objects=tuple(one for one in page.objects if one.external_id not in self._dropped))


@dataclass
class Company:
    """A CRM, its weekly file, and the hub whose daily candidate loses `dropped`."""

    wall: Wall
    rpc: TrytonRpc
    clerks: Clerks
    crm: TrytonOptions
    folder: Path
    hub: TimedHub
    dropped: set[str] = field(default_factory=set)

    async def deliver(self) -> None:
        """The CRM's own job exports every party."""
        port = TrytonInTime(self.crm, self.wall)
        began, rows, last = self.wall(), dict[str, JsonObject](), False
        cursor = await port.begin_run(CUSTOMER, None, timedelta())
        while not last:
            page = await port.pull(CUSTOMER, cursor, 500)
            rows |= {one.external_id: one.body for one in page.objects if one.body is not None}
            cursor, last = page.cursor, page.last
        await port.aclose()
        await self.wall.wait(HOUR)
        write_export(self.folder, CUSTOMER, rows.values(), began, self.wall(), FileFormat.JSONL)

    async def window(self) -> None:
        """The pull of the night, the weekly file, and the pull that passes it."""
        await self.wall.wait(DAY)
        await self.hub.run(DAILY)
        await self.wall.wait(DAY)
        await self.deliver()
        await self.hub.run(WEEKLY)
        await self.wall.wait(DAY)
        await self.hub.run(DAILY)


@pytest.fixture
async def company(
    database: Database, companies: TrytonServer, ground: Ground, tmp_path: Path
) -> AsyncIterator[Company]:
    """With 100 customers, the first file taken in and the candidate seeded, which is honest until then."""
    options = {"url": companies.url, "database": ONE, "user": companies.user, "password": companies.password}
    crm, dropped = TrytonOptions.model_validate(options), set[str]()
    files = FilesOptions(folder=tmp_path, entities={CUSTOMER: EntityLayout(id="id")})
    async with Wall() as wall:
        await wall.hang_in(ground.postgres.libpq(ONE))
        with companies.log_in(ONE) as rpc:
            clerks = Clerks(rpc)
            clerks.hire(100)
            ports = {
                CRM: lambda: TrytonInTime(crm, wall),
                EXPORT: lambda: FilesPort(EXPORT, files),
                FAST: lambda: DroppingTryton(crm, wall, dropped),
            }
            hub = TimedHub(database, ports, [FLOW], MAPPINGS, wall, wall.wait)
            await hub.declare()
            one = Company(wall, rpc, clerks, crm, tmp_path, hub, dropped)
            await one.deliver()
            await hub.run(WEEKLY)
            await hub.plan(DAILY)
            yield one
            await hub.engine.systems.aclose()


async def test_one_dropped_change_in_fifty_and_a_missed_delete_stop_at_the_gate(company: Company) -> None:
    hub, parties = company.hub, company.clerks.parties
    assert await hub.state() is MigrationState.SHADOW
    lost, gone = sorted(str(party) for party in parties[::50]), parties[7]
    company.dropped.update(lost)
    await company.wall.wait(HOUR)
    for party in parties:
        company.rpc.write("party.party", [party], {"name": f"Changed {party}"})
    company.rpc.delete("party.party", [gone])

    await company.window()
    await company.window()

    assert await hub.state() is MigrationState.SHADOW
    gate = (await hub.closed_gates())["unexplained"]
    assert set(gate.examples) == {
        f"{gone} DELETE CANDIDATE_WRONG",
        *(f"{party} STALE CANDIDATE_WRONG name" for party in lost),
    }
    with pytest.raises(Conflict, match="this needs it to be GATED"):
        await hub.approve()
    assert (await hub.modes())["WEEKLY"] == "AUTHORITATIVE"
