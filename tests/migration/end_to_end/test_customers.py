"""Customers of Tryton's CRM on their way from a weekly file to an API pull each day, to real time, and a step back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

import adapters.tryton
from adapters.files import EntityLayout, FilesOptions, FilesPort, write_export
from adapters.files.options import FileFormat
from adapters.tryton.options import TrytonOptions
from examples.demo.tryton.server import TrytonServer
from hub.mapping.compile import load_mapping
from hub.records.identity import Entity, FlowName, SystemName
from hub.records.lanes import RUNNING_MODES, FlowCadence, LaneMode
from hub.records.migration import MigrationState
from hub.records.source import JsonObject
from hub.settings.flows import HUB, Flow, Lane
from hub.settings.migrations import MigrationRules
from hub.store.engine import Database, open_engine
from tests.databases import TestServer
from tests.migration.end_to_end.clerks import Clerks
from tests.migration.end_to_end.conftest import ONE
from tests.migration.end_to_end.crm_in_time import CRM, TrytonInTime, Wall
from tests.migration.end_to_end.timed_hub import Ports, TimedHub
from tests.tryton_ground import Ground

pytestmark = pytest.mark.slow

S = MigrationState
CUSTOMER, EXPORT, FLOW = Entity.CUSTOMER, SystemName("crm-export"), FlowName("customers")
WEEKLY, DAILY, REAL_TIME = FlowCadence.WEEKLY, FlowCadence.DAILY, FlowCadence.REAL_TIME
MAPPINGS = {Entity.CUSTOMER: load_mapping(Path(adapters.tryton.__file__).with_name("mappings") / "customer.yaml")}
RULES = MigrationRules(clean_windows=2, clean_audits=2)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POLL = Lane(cadence=REAL_TIME, mode=LaneMode.AUTHORITATIVE, cron="*/30 * * * * *", sweep=True)
LANES = (
    Lane(cadence=WEEKLY, mode=LaneMode.AUTHORITATIVE, cron="0 6 * * 1", via=EXPORT),
    Lane(cadence=DAILY, mode=LaneMode.STANDBY, cron="0 3 * * *", sweep=True),
    POLL.model_copy(update={"mode": LaneMode.STANDBY}),
)


@dataclass
class Company:
    """A CRM with clerks, the hub that migrates, and one beside it that was real-time from the start."""

    wall: Wall
    clerks: Clerks
    crm: TrytonOptions
    folder: Path
    hub: TimedHub
    real_time: TimedHub

    async def runs(self, cadence: FlowCadence) -> None:
        """The lane's schedule fires; it runs unless it rests."""
        if (await self.hub.modes())[cadence.value] in RUNNING_MODES:
            await self.hub.run(cadence)

    async def deliver(self) -> None:
        """The CRM's own job exports all parties over JSON-RPC; a clerk renames one when half an hour is over."""
        port = TrytonInTime(self.crm, self.wall)
        began, rows, last = self.wall(), dict[str, JsonObject](), False
        cursor = await port.begin_run(CUSTOMER, None, timedelta())
        while not last:
            page = await port.pull(CUSTOMER, cursor, 500)
            rows |= {one.external_id: one.body for one in page.objects if one.body is not None}
            cursor, last = page.cursor, page.last
        await port.aclose()
        await self.wall.wait(HOUR / 2)
        self.clerks.rename_one()
        await self.wall.wait(HOUR / 2)
        write_export(self.folder, CUSTOMER, rows.values(), began, self.wall(), FileFormat.JSONL)

    async def day(self) -> None:
        """The clerks at work, the poll behind them, the pull of the night and the poll behind that."""
        self.clerks.a_day()
        await self.wall.wait(timedelta(seconds=10))
        await self.runs(REAL_TIME)
        await self.real_time.run(REAL_TIME)
        await self.wall.wait(DAY)
        await self.runs(DAILY)
        await self.wall.wait(timedelta(seconds=10))
        await self.runs(REAL_TIME)

    async def week(self) -> None:
        """Three days of work, and on Monday the file."""
        for _ in range(3):
            await self.day()
        await self.wall.wait(4 * DAY)
        await self.deliver()
        await self.runs(WEEKLY)

    async def only_time_told_them_apart(self) -> None:
        """In each window lanes differed, as the clerks never rest, and nothing spoke against the candidate."""
        windows = await self.hub.windows()
        assert len(windows) >= 4
        assert {(clean, tuple(against)) for _, clean, against in windows} == {(True, ())}
        assert {(kind, verdict) for _, kind, verdict, _ in await self.hub.counts()} == {("LATE", None)}

    async def nothing_left(self) -> None:
        """Both hubs hold the same customers, as many as the CRM, and wait for nothing."""
        golden = await self.hub.golden()
        assert golden == await self.real_time.golden()
        assert len(golden) == len(self.clerks.parties) + len(self.clerks.others)
        for hub in (self.hub, self.real_time):
            assert await hub.rows("SELECT 1 FROM quarantine WHERE state = 'OPEN'") == []


@pytest.fixture
async def company(
    database: Database, server: TestServer, companies: TrytonServer, ground: Ground, tmp_path: Path
) -> AsyncIterator[Company]:
    """On the first Monday, with 200 customers and the first file taken in."""
    options = {"url": companies.url, "database": ONE, "user": companies.user, "password": companies.password}
    crm = TrytonOptions.model_validate(options)
    files = FilesOptions(folder=tmp_path, entities={CUSTOMER: EntityLayout(id="id")})
    async with Wall() as wall, server.clone() as url:
        await wall.hang_in(ground.postgres.libpq(ONE))
        with companies.log_in(ONE) as rpc:
            clerks = Clerks(rpc)
            clerks.hire(200)
            ports: Ports = {
                CRM: lambda: TrytonInTime(crm, wall),
                EXPORT: lambda: FilesPort(EXPORT, files),
            }
            flow = partial(Flow, FLOW, 2, "Customers", CUSTOMER, CRM, HUB)
            beside = Database(open_engine(url))
            hub = TimedHub(database, ports, [flow(LANES, (), RULES)], MAPPINGS, wall, wall.wait)
            real_time = TimedHub(beside, {CRM: ports[CRM]}, [flow((POLL,), (), RULES)], MAPPINGS, wall, wall.wait)
            for each in (hub, real_time):
                await each.declare()
            one = Company(wall, clerks, crm, tmp_path, hub, real_time)
            await real_time.run(REAL_TIME)
            await one.deliver()
            await hub.run(WEEKLY)
            yield one
            for each in (hub, real_time):
                await each.engine.systems.aclose()
            await beside.aclose()


async def test_customers_move_from_a_weekly_file_to_real_time_and_a_step_back(company: Company) -> None:
    hub = company.hub
    await company.week()
    await hub.plan(DAILY)
    assert await hub.state() is S.SHADOW
    for _ in range(2):
        await company.week()
    assert await hub.state() is S.SHADOW
    await company.day()
    assert await hub.state() is S.GATED
    await hub.approve()
    await hub.cut_over()
    await hub.work_off()
    assert (await hub.state(), await hub.modes()) == (
        S.OBSERVING,
        {"WEEKLY": "VERIFY", "DAILY": "AUTHORITATIVE", "REAL_TIME": "STANDBY"},
    )
    for _ in range(2):
        await company.week()
    await company.day()
    assert await hub.state() is S.COMPLETED
    await company.only_time_told_them_apart()
    await company.nothing_left()

    await hub.plan(REAL_TIME)
    assert await hub.state() is S.SHADOW
    await company.week()
    assert await hub.state() is S.GATED
    await hub.approve()
    await hub.cut_over()
    await hub.work_off()
    await company.week()
    assert (await hub.state(), (await hub.modes())["REAL_TIME"]) == (S.COMPLETED, "AUTHORITATIVE")
    await company.nothing_left()

    await company.only_time_told_them_apart()
    await hub.roll_back()
    await hub.run(DAILY)
    assert (await hub.state(), await hub.modes()) == (
        S.ROLLED_BACK,
        {"WEEKLY": "STANDBY", "DAILY": "AUTHORITATIVE", "REAL_TIME": "STANDBY"},
    )
    await company.week()
    await company.real_time.run(REAL_TIME)
    await hub.run(DAILY)
    await company.nothing_left()
