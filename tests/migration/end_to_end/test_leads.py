"""Leads of BottleCRM on their way from a reading of all of them each day to its own signed calls.

BottleCRM is real, and so are its calls over HTTP. Its clock is moved together with the hub's (see
tests/bottlecrm/site/bottlecrm_test_clock.py), so that days pass in seconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
from sqlalchemy import text

import adapters.bottlecrm
from adapters.bottlecrm.port import BottleCrmPort
from adapters.bottlecrm.webhooks import BottleCrmWebhooks
from hub.access.development import DevelopmentTokens
from hub.embedded.ready import free_port
from hub.entrypoints.asgi.app import create_app
from hub.entrypoints.asgi.server import listening
from hub.mapping.compile import load_mapping
from hub.records.identity import Entity, FlowName, SystemName
from hub.records.lanes import FlowCadence, LaneMode
from hub.records.migration import MigrationState
from hub.settings.flows import HUB, Flow, Lane
from hub.settings.migrations import MigrationRules
from hub.store.engine import Database, open_engine
from tests.acceptance.pushing_company import EVENTS
from tests.bottlecrm.relay import relay
from tests.bottlecrm.running import RunningBottleCrm
from tests.bottlecrm.sql import run_sql
from tests.databases import TestServer
from tests.migration.end_to_end.crm_in_time import Wall
from tests.migration.end_to_end.timed_hub import TimedHub
from tests.schema.serving import AUDIENCE, services

pytestmark = pytest.mark.slow

S = MigrationState
LMS, LEADS, CONTACTS = SystemName("lms"), FlowName("leads"), FlowName("contacts")
DAILY, REAL_TIME = FlowCadence.DAILY, FlowCadence.REAL_TIME
MAPPINGS = {
    entity: load_mapping(Path(adapters.bottlecrm.__file__).with_name("mappings") / f"{entity.value}.yaml")
    for entity in (Entity.CUSTOMER, Entity.SALES_LEAD)
}
RULES = MigrationRules(clean_windows=2, clean_audits=2)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
NIGHTLY = Lane(cadence=DAILY, mode=LaneMode.AUTHORITATIVE, cron="0 3 * * *", sweep=True, max_delete_share=1)
PUSHED = Lane(cadence=REAL_TIME, mode=LaneMode.AUTHORITATIVE)
STANDING_BY = PUSHED.model_copy(update={"mode": LaneMode.STANDBY})
STATES: Final = ("assigned", "in process", "recycled")


@dataclass
class Side:
    """A hub, and the web process to which BottleCRM tells everything."""

    hub: TimedHub
    webhook: str

    async def hear(self) -> None:
        """What was told is taken in."""
        await self.hub.work_off()


@dataclass
class Sellers:
    """The people who work in BottleCRM, in their browsers; the same seed does the same."""

    lms: RunningBottleCrm
    contacts: list[str] = field(default_factory=list)
    leads: list[str] = field(default_factory=list)
    random: Random = field(default_factory=lambda: Random(3))
    number: int = 0

    def meet(self) -> None:
        """A new contact with a lead."""
        self.number += 1
        person = {"first_name": "Customer", "last_name": str(self.number), "email": f"c{self.number}@example.org"}
        self.contacts.append(self.lms.make("contacts/", person))
        lead = {"title": f"Lead {self.number}", "status": "assigned", "contacts": [self.contacts[-1]]}
        self.leads.append(self.lms.make("leads/", lead))

    def a_day(self) -> None:
        """Two leads are new, three move on, one is closed, one is deleted."""
        self.meet()
        self.meet()
        moved, closed, gone = self.random.sample(self.leads[:-2], 3), self.leads[-1], self.leads[0]
        for lead in moved:
            self.number += 1
            change = {"title": f"Moved {self.number}", "status": self.random.choice(STATES), "rating": "HOT"}
            self.lms.call("PATCH", f"leads/{lead}/", change)
        self.lms.call("PATCH", f"leads/{closed}/", {"status": "closed"})
        self.lms.call("DELETE", f"leads/{gone}/")
        self.leads.remove(gone)

    def in_bottlecrm(self) -> dict[str, str]:
        """The title of every lead there, by id."""
        told: Mapping[str, Any] = self.lms.call("GET", "leads/?limit=1000")
        rows = [*told["open_leads"]["open_leads"], *told["close_leads"]["close_leads"]]
        return {row["id"]: row["title"] for row in rows}


@dataclass
class Company:
    """One BottleCRM, the hub that migrates, and one that was real-time from the start."""

    wall: Wall
    sellers: Sellers
    one: Side
    other: Side

    async def work(self) -> None:
        """A day of the sellers; both hubs take in what they are told of it."""
        await asyncio.to_thread(self.sellers.a_day)
        await self.wall.wait(timedelta(seconds=10))
        for side in (self.one, self.other):
            await side.hear()
        await self.wall.wait(2 * MINUTE)

    async def rename(self, lead: str, title: str) -> None:
        """One of the sellers does."""
        await asyncio.to_thread(self.sellers.lms.call, "PATCH", f"leads/{lead}/", {"title": title})

    async def day(self) -> None:
        """Its work and its night."""
        await self.work()
        await self.night()

    async def night(self) -> None:
        """The reading of everything, some hours later, and a look at it once no event can be on its way."""
        await self.wall.wait(DAY)
        await self.one.hub.run(DAILY)
        await self.wall.wait(2 * MINUTE)
        await self.one.hub.watch()

    async def nothing_left(self) -> None:
        """Both hubs hold the leads that BottleCRM holds, each with its customer, and wait for nothing."""
        hubs = (self.one.hub, self.other.hub)
        leads, customers = await hubs[0].leads(), await hubs[0].golden()
        assert leads == await hubs[1].leads()
        assert customers == await hubs[1].golden()
        assert {str(row[1]): row[2] for row in leads} == await asyncio.to_thread(self.sellers.in_bottlecrm)
        assert len(customers) == len(self.sellers.contacts)
        for hub in hubs:
            assert await hub.rows("SELECT 1 FROM quarantine WHERE state = 'OPEN'") == []
            assert await hub.rows("SELECT 1 FROM inbox_event WHERE state = 'NEW'") == []


@asynccontextmanager
async def side(
    lms: RunningBottleCrm, secret: str, database: Database, url: str, folder: Path, wall: Wall, lanes: tuple[Lane, ...]
) -> AsyncIterator[Side]:
    """A hub whose contacts are real-time; its leads come by `lanes`."""
    port = free_port() or 0
    options = lms.options(webhook_secrets=[secret])
    calls = {LMS: BottleCrmWebhooks([secret], options.entities)}
    flows = [
        Flow(LEADS, 10, "Leads", Entity.SALES_LEAD, LMS, HUB, lanes, (CONTACTS,), RULES),
        Flow(CONTACTS, 2, "Contacts", Entity.CUSTOMER, LMS, HUB, (PUSHED,), ()),
    ]
    hub = TimedHub(database, {LMS: lambda: BottleCrmPort(LMS, options)}, flows, MAPPINGS, wall, wall.wait, calls)
    await hub.declare()
    tokens = DevelopmentTokens(folder, embedded=True, audience=AUDIENCE, clock=wall)
    app = create_app(services(url, tokens, wall, keys=hub.engine.keys, webhooks=calls))
    async with listening(app, "127.0.0.1", port):
        yield Side(hub, f"http://127.0.0.1:{port}/webhooks/{LMS}")
    await hub.engine.systems.aclose()


@pytest.fixture
async def company(
    bottlecrm: RunningBottleCrm,
    database: Database,
    database_url: str,
    server: TestServer,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[Company]:
    """With ten leads, all of them in both hubs."""
    run_sql(bottlecrm.dsn, "TRUNCATE lead, contacts, webhook_endpoint CASCADE")
    folders = [tmp_path_factory.mktemp(name) for name in ("one", "other")]
    async with AsyncExitStack() as stack:
        wall = await stack.enter_async_context(Wall(timedelta()))

        async def follow(shift: timedelta) -> None:
            bottlecrm.shift_clock(shift)

        wall.followers.append(follow)
        stack.callback(bottlecrm.shift_clock, timedelta())
        url = await stack.enter_async_context(server.clone())
        beside = Database(open_engine(url))
        stack.push_async_callback(beside.aclose)
        port = free_port() or 0
        secret = await asyncio.to_thread(bottlecrm.send_events_to, f"http://127.0.0.1:{port}/webhooks/{LMS}", *EVENTS)
        lanes = (NIGHTLY, STANDING_BY)
        one = await stack.enter_async_context(side(bottlecrm, secret, database, database_url, folders[0], wall, lanes))
        other = await stack.enter_async_context(side(bottlecrm, secret, beside, url, folders[1], wall, (PUSHED,)))
        await stack.enter_async_context(relay(port, [one.webhook, other.webhook]))
        sellers = Sellers(bottlecrm)
        for _ in range(10):
            await asyncio.to_thread(sellers.meet)
        for each in (one, other):
            await each.hear()
        await one.hub.run(DAILY)
        yield Company(wall, sellers, one, other)


async def test_leads_move_from_a_daily_reading_to_signed_calls(company: Company) -> None:
    hub = company.one.hub
    await company.nothing_left()
    await company.work()
    assert await hub.leads() != await company.other.hub.leads()

    await hub.plan(REAL_TIME)
    assert await hub.state() is S.SHADOW
    for _ in range(2):
        await company.day()
    assert await hub.state() is S.GATED, (await hub.closed_gates(), await hub.counts())
    assert await hub.median_gain() > timedelta(hours=12)

    await company.work()
    await hub.approve()
    await asyncio.gather(hub.cut_over(), asyncio.to_thread(company.sellers.a_day))
    await company.wall.wait(2 * MINUTE)
    for each in (company.one, company.other):
        await each.hear()
    assert (await hub.state(), await hub.modes()) == (S.OBSERVING, {"DAILY": "VERIFY", "REAL_TIME": "AUTHORITATIVE"})
    await company.nothing_left()

    await company.work()
    await company.nothing_left()
    for _ in range(2):
        await company.day()
    assert await hub.state() is S.COMPLETED, await hub.counts()
    assert {(kind, verdict) for _, kind, verdict, _ in await hub.counts()} <= {("LATE", None)}
    await company.nothing_left()


async def test_a_call_that_never_came_holds_the_cut_over_until_bottlecrm_has_repeated_it(company: Company) -> None:
    hub = company.one.hub
    await hub.plan(REAL_TIME)
    async with hub.database.transaction() as connection:
        await connection.execute(text("ALTER TABLE inbox_event RENAME TO inbox_event_away"))
    lost = company.sellers.leads[0]
    await company.rename(lost, "Never told")
    async with hub.database.transaction() as connection:
        await connection.execute(text("ALTER TABLE inbox_event_away RENAME TO inbox_event"))
    await company.night()
    ((_, clean, against),) = await hub.windows()
    assert (clean, list(await hub.closed_gates())) == (False, ["clean_windows", "unexplained"])
    assert against == [f"{lost} STALE CANDIDATE_WRONG name"]

    await asyncio.to_thread(company.sellers.lms.deliver_what_failed)
    for _ in range(2):
        await company.day()
    assert await hub.state() is S.GATED, (await hub.closed_gates(), await hub.counts())
