"""A candidate that is wrong about a real Tryton stops at the gate; a batch that is wrong stops nobody."""

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
from hub.ports.capabilities import Capabilities
from hub.ports.pages import PullPage
from hub.records.identity import Entity, FlowName, SystemName
from hub.records.lanes import FlowCadence, LaneMode
from hub.records.migration import MigrationState
from hub.records.source import JsonObject, SourceObject
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

S = MigrationState
CUSTOMER, EXPORT, FAST = Entity.CUSTOMER, SystemName("crm-export"), SystemName("crm-fast")
WEEKLY, DAILY = FlowCadence.WEEKLY, FlowCadence.DAILY
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LANES = (
    Lane(cadence=WEEKLY, mode=LaneMode.AUTHORITATIVE, cron="0 6 * * 1", via=EXPORT),
    Lane(cadence=DAILY, mode=LaneMode.STANDBY, cron="0 3 * * *", via=FAST, sweep=True),
)
FLOW = Flow(FlowName("customers"), 2, "Customers", CUSTOMER, CRM, HUB, LANES, (), MigrationRules(clean_windows=2))


@dataclass
class Faults:
    """What an adapter does wrong: ids whose changes it drops, ids of which it delivers an old version last, and that it
    misses deletes, since it cannot list ids."""

    dropped: set[str] = field(default_factory=set)
    overtaken: set[str] = field(default_factory=set)
    told: dict[str, list[SourceObject]] = field(default_factory=dict)
    """Of each id that is to be overtaken, what the adapter said so far."""
    can: dict[Entity, Capabilities] = field(default_factory=dict)

    def list_ids(self, able: bool) -> None:
        """Whether the adapter can."""
        self.can[CUSTOMER] = replace(self.can[CUSTOMER], sweep=able)

    def end(self) -> None:
        """The adapter is mended."""
        for wrong in (self.dropped, self.overtaken, self.told):
            wrong.clear()
        self.list_ids(True)


class FaultyTryton(TrytonInTime):
    """The adapter as it is, but for its faults."""

    def __init__(self, options: TrytonOptions, wall: Wall, faults: Faults) -> None:
        super().__init__(options, wall)
        self._faults = faults
        self._old: list[SourceObject] = []
        faults.can.update(self.capabilities)
        faults.list_ids(False)
        self.capabilities = faults.can

    async def begin_run(self, entity: Entity, cursor: JsonObject | None, overlap: timedelta) -> JsonObject:
        self._old = [_again(told) for told in self._faults.told.values() if len(told) > 1]
        return await super().begin_run(entity, cursor, overlap)

    async def pull(self, entity: Entity, cursor: JsonObject, limit: int) -> PullPage:
        page = await super().pull(entity, cursor, limit)
        kept = [one for one in page.objects if one.external_id not in self._faults.dropped]
        for one in kept:
            if one.external_id in self._faults.overtaken:
                self._faults.told.setdefault(one.external_id, []).append(one)
        return replace(page, objects=(*kept, *(self._old if page.last else ())))


def _again(told: list[SourceObject]) -> SourceObject:
    """The first of these versions as if it were the last."""
    later = told[-1].as_of + timedelta(minutes=1)
    return replace(told[0], as_of=later, stamp=later)


@dataclass
class Company:
    """A CRM, its weekly file that tells old rows of `outdated`, and the hub whose daily candidate has `faults`."""

    wall: Wall
    rpc: TrytonRpc
    clerks: Clerks
    crm: TrytonOptions
    folder: Path
    hub: TimedHub
    faults: Faults
    outdated: dict[str, JsonObject] = field(default_factory=dict)

    async def export(self) -> dict[str, JsonObject]:
        """Every party, as the CRM's own job reads it."""
        port = TrytonInTime(self.crm, self.wall)
        rows, last = dict[str, JsonObject](), False
        cursor = await port.begin_run(CUSTOMER, None, timedelta())
        while not last:
            page = await port.pull(CUSTOMER, cursor, 500)
            rows |= {one.external_id: one.body for one in page.objects if one.body is not None}
            cursor, last = page.cursor, page.last
        await port.aclose()
        return rows

    async def deliver(self) -> None:
        """The weekly file, an hour in the making."""
        began, rows = self.wall(), await self.export() | self.outdated
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

    async def rename(self, to: str, *parties: int) -> None:
        """In Tryton, an hour later."""
        await self.wall.wait(HOUR)
        for party in parties:
            self.rpc.write("party.party", [party], {"name": f"{to} {party}"})


@pytest.fixture
async def company(
    database: Database, companies: TrytonServer, ground: Ground, tmp_path: Path
) -> AsyncIterator[Company]:
    """With 100 customers, the first file taken in and the candidate seeded, which is honest until then."""
    options = {"url": companies.url, "database": ONE, "user": companies.user, "password": companies.password}
    crm, faults = TrytonOptions.model_validate(options), Faults()
    files = FilesOptions(folder=tmp_path, entities={CUSTOMER: EntityLayout(id="id")})
    async with Wall() as wall:
        await wall.hang_in(ground.postgres.libpq(ONE))
        with companies.log_in(ONE) as rpc:
            clerks = Clerks(rpc)
            clerks.hire(100)
            faults.overtaken.add(str(clerks.parties[20]))
            ports = {
                CRM: lambda: TrytonInTime(crm, wall),
                EXPORT: lambda: FilesPort(EXPORT, files),
                FAST: lambda: FaultyTryton(crm, wall, faults),
            }
            hub = TimedHub(database, ports, [FLOW], MAPPINGS, wall, wall.wait)
            await hub.declare()
            one = Company(wall, rpc, clerks, crm, tmp_path, hub, faults)
            await one.deliver()
            await hub.run(WEEKLY)
            await hub.plan(DAILY)
            yield one
            await hub.engine.systems.aclose()


async def test_a_wrong_candidate_stops_at_the_gate_and_a_wrong_batch_does_not_stop_it(company: Company) -> None:
    hub, parties = company.hub, company.clerks.parties
    assert await hub.state() is S.SHADOW
    lost, gone, overtaken, outdated = parties[::50], parties[7], parties[20], parties[30]
    company.faults.dropped.update(str(party) for party in lost)
    before = await company.export()
    await company.rename("Changed", *parties)
    company.rpc.delete("party.party", [gone])
    company.outdated[str(outdated)] = before[str(outdated)]

    await company.window()
    await company.window()

    wrong = [("DELETE", 1), ("ORDER", 1), ("STALE", 2)]
    assert [found[1:] for found in await hub.counts() if found[0] == 2] == [
        *((kind, "CANDIDATE_WRONG", count) for kind, count in wrong),
        ("STALE", "INCUMBENT_WRONG", 1),
    ]
    assert await hub.state() is S.SHADOW
    assert set((await hub.closed_gates())["unexplained"].examples) == {
        f"{gone} DELETE CANDIDATE_WRONG",
        f"{overtaken} ORDER CANDIDATE_WRONG name",
        *(f"{party} STALE CANDIDATE_WRONG name" for party in lost),
    }
    with pytest.raises(Conflict, match="this needs it to be GATED"):
        await hub.approve()
    with pytest.raises(Conflict, match="this needs it to be APPROVED"):
        await hub.cut_over()
    assert (await hub.modes())["WEEKLY"] == "AUTHORITATIVE"

    company.faults.end()
    await company.rename("Right", *lost, overtaken)
    await company.window()
    await company.window()

    last = [found for found in await hub.counts() if found[0] in (3, 4)]
    assert last == [(3, "STALE", "INCUMBENT_WRONG", 1), (4, "STALE", "INCUMBENT_WRONG", 1)]
    assert await hub.state() is S.GATED
    await hub.approve()
    await hub.cut_over()
    await hub.work_off()
    assert await hub.state() is S.OBSERVING
    assert f"Changed {outdated}" in [row[1] for row in await hub.golden()]
