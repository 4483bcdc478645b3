"""Contact corrections on their way to Tryton: by the week, then each at once, and no effect is lost or comes twice.

The adapter sends every batch twice, and a candidate that would order a command twice is stopped at the gate.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
from sqlalchemy import text

import adapters.tryton
from adapters.tryton.options import TrytonOptions
from examples.demo.tryton.rpc import TrytonRpc
from examples.demo.tryton.server import TrytonServer
from hub.errors import Conflict
from hub.flows.correct import correct_contact_medium
from hub.mapping.compile import load_mapping
from hub.ports.writing import WriteCommand, WriteOutcome
from hub.records.identity import Entity, FlowName
from hub.records.lanes import FlowCadence, LaneMode
from hub.records.migration import MigrationState
from hub.settings.flows import HUB, Flow, Lane
from hub.settings.migrations import MigrationRules
from hub.store.engine import Database, open_engine
from tests.databases import TestServer
from tests.flows.building import RULES as RECOGNITION
from tests.migration.end_to_end.clerks import Clerks
from tests.migration.end_to_end.conftest import ONE, OTHER
from tests.migration.end_to_end.crm_in_time import CRM, TrytonInTime, Wall, effects_in
from tests.migration.end_to_end.timed_hub import TimedHub
from tests.tryton_ground import Ground

pytestmark = pytest.mark.slow

S = MigrationState
IN, OUT = FlowName("customers"), FlowName("contact-corrections")
WEEKLY, REAL_TIME = FlowCadence.WEEKLY, FlowCadence.REAL_TIME
MAPPINGS = {Entity.CUSTOMER: load_mapping(Path(adapters.tryton.__file__).with_name("mappings") / "customer.yaml")}
CUSTOMERS, WEEK = 40, timedelta(days=7)
POLL = Lane(cadence=REAL_TIME, mode=LaneMode.AUTHORITATIVE, cron="*/30 * * * * *", sweep=True)
BY_WEEK = (
    Lane(cadence=WEEKLY, mode=LaneMode.AUTHORITATIVE, cron="0 6 * * 1"),
    Lane(cadence=REAL_TIME, mode=LaneMode.STANDBY),
)
AT_ONCE = (Lane(cadence=REAL_TIME, mode=LaneMode.AUTHORITATIVE),)


class Repeating(TrytonInTime):
    """The adapter as it is, but that it sends every batch twice, as a network may that lost the first answer."""

    async def write(self, commands: Sequence[WriteCommand]) -> Sequence[WriteOutcome]:
        await super().write(commands)
        return await super().write(commands)


@asynccontextmanager
async def noted_twice(database: Database) -> AsyncIterator[None]:
    """A candidate that would send each command twice.

    It sends nothing while it is compared, so its port cannot do it: the hub's own note of what it would send is doubled
    behind its back.
    """
    async with database.transaction() as connection:
        for statement in _DOUBLING:
            await connection.execute(text(statement))
    yield
    async with database.transaction() as connection:
        await connection.execute(text("DROP TRIGGER noted_twice ON shadow_command"))


_DOUBLING: Final = (
    """CREATE FUNCTION noted_twice() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         INSERT INTO shadow_command (lane_id, key, target, entity, operation, object_id, external_id, line, changes,
           from_version, version, wanted_from, at, left_at)
         VALUES (NEW.lane_id, NEW.key || '/again', NEW.target, NEW.entity, NEW.operation, NEW.object_id,
           NEW.external_id, NEW.line, NEW.changes, NEW.from_version, NEW.version, NEW.wanted_from, NEW.at, NEW.left_at);
         RETURN NEW;
       END $$""",
    """CREATE TRIGGER noted_twice AFTER INSERT ON shadow_command FOR EACH ROW
       WHEN (NEW.key NOT LIKE '%/again') EXECUTE FUNCTION noted_twice()""",
)


@dataclass
class Side:
    """A hub and the Tryton that is its alone."""

    hub: TimedHub
    rpc: TrytonRpc
    dsn: str

    async def correct(self, number: int, value: str) -> None:
        """An agent corrects the e-mail address of customer `number` in the hub."""
        async with self.hub.database.transaction() as connection:
            medium: UUID = await connection.scalar(
                text(
                    """SELECT m.id FROM contact_medium m JOIN customer c ON c.id = m.customer_id
                       WHERE m.kind = 'EMAIL' AND c.name = :name"""
                ),
                {"name": f"Customer {number}"},
            )
            await correct_contact_medium(
                connection, medium, value, "agent", RECOGNITION.recognition, self.hub.engine.clock()
            )

    async def effects(self) -> list[tuple[int, str, str]]:
        """What was really written into Tryton, told by a trigger in its own database."""
        return await effects_in(self.dsn)

    def held(self) -> list[tuple[object, object]]:
        """Every e-mail address in Tryton."""
        rows = self.rpc.search_read("party.contact_mechanism", [["type", "=", "email"]], ["value"])
        return [(row["id"], row["value"]) for row in rows]


@asynccontextmanager
async def side(
    database: Database, server: TrytonServer, dsn: str, name: str, wall: Wall, lanes: tuple[Lane, ...]
) -> AsyncIterator[Side]:
    """With its customers taken in, and nothing to correct yet."""
    await wall.hang_in(dsn)
    options = {"url": server.url, "database": name, "user": server.user, "password": server.password}
    tryton = TrytonOptions.model_validate(options)
    rules = MigrationRules(clean_windows=2, clean_audits=2)
    flows = (
        Flow(OUT, 8, "Corrections", Entity.CUSTOMER, HUB, CRM, lanes, (), rules),
        Flow(IN, 2, "Customers", Entity.CUSTOMER, CRM, HUB, (POLL,), ()),
    )
    with server.log_in(name) as rpc:
        Clerks(rpc).hire(CUSTOMERS)
        hub = TimedHub(database, {CRM: lambda: Repeating(tryton, wall)}, flows, MAPPINGS, wall, wall.wait)
        await hub.declare()
        await hub.run(REAL_TIME, IN)
        yield Side(hub, rpc, dsn)
        await hub.engine.systems.aclose()


@dataclass
class Company:
    """Both sides, and what agents want."""

    wall: Wall
    one: Side
    other: Side

    async def correct(self, number: int, *values: str) -> None:
        """On both sides; on the other one each value is sent at once."""
        for value in values:
            await self.wall.wait(timedelta(minutes=5))
            for each in (self.one, self.other):
                await each.correct(number, value)
            await self.other.hub.work_off()

    async def week(self) -> None:
        """The week ends and the weekly lane runs; then both hubs look at the CRM."""
        await self.wall.wait(WEEK)
        await self.one.hub.run(WEEKLY)
        await self.look()

    async def look(self) -> None:
        """The polls bring what was written back, which is no news."""
        await self.wall.wait(timedelta(minutes=1))
        for each in (self.one, self.other):
            await each.hub.run(REAL_TIME, IN)


@pytest.fixture
async def company(
    database: Database, server: TestServer, companies: TrytonServer, ground: Ground
) -> AsyncIterator[Company]:
    """Two Trytons with the same customers."""
    async with Wall() as wall, server.clone() as url:
        beside = Database(open_engine(url))
        async with (
            side(database, companies, ground.postgres.libpq(ONE), ONE, wall, BY_WEEK) as one,
            side(beside, companies, ground.postgres.libpq(OTHER), OTHER, wall, AT_ONCE) as other,
        ):
            yield Company(wall, one, other)
        await beside.aclose()


async def test_corrections_move_from_a_weekly_batch_to_real_time_each_effect_once(company: Company) -> None:
    hub, one = company.one.hub, company.one
    await company.correct(1, "one-a@example.org", "one-b@example.org")
    await company.correct(2, "two-a@example.org")
    assert await one.effects() == []
    await company.week()
    assert [(old, new) for _, old, new in await one.effects()] == [
        ("c1@example.org", "one-b@example.org"),
        ("c2@example.org", "two-a@example.org"),
    ]

    await hub.plan(REAL_TIME)
    assert await hub.state() is S.SHADOW
    async with noted_twice(hub.database):
        await company.correct(20, "20-a@example.org")
        await company.week()
    gate = (await hub.closed_gates())["unexplained"]
    assert [example.split()[1] for example in gate.examples] == ["DOUBLED"]
    assert await hub.counts() == [(1, "DOUBLED", None, 1)]
    with pytest.raises(Conflict, match="this needs it to be GATED"):
        await hub.approve()

    for number in (3, 4):
        await company.correct(number, f"{number}-a@example.org", f"{number}-b@example.org")
        await company.correct(10 + number, f"{number}-c@example.org")
        await company.week()
    assert await hub.state() is S.GATED, (await hub.closed_gates(), await hub.counts())
    await hub.approve()

    await company.correct(5, "five-a@example.org", "five-b@example.org")
    before = await one.effects()
    await company.wall.wait(timedelta(minutes=5))
    await asyncio.gather(hub.cut_over(), *(each.correct(6, "six-a@example.org") for each in (one, company.other)))
    await company.correct(7, "seven-a@example.org")
    assert await one.effects() == before
    await hub.work_off()
    assert await hub.state() is S.OBSERVING
    # What the week had collected leaves as its net effect, what came after the cut-over as it is.
    sent = ["five-b@example.org", "seven-a@example.org", "six-a@example.org"]
    assert sorted(new for _, _, new in (await one.effects())[len(before) :]) == sent

    for number in (8, 9):
        await company.correct(number, f"{number}-a@example.org")
        await hub.work_off()
        assert (await one.effects())[-1][2] == f"{number}-a@example.org"
        await company.week()
    assert await hub.state() is S.COMPLETED, await hub.counts()
    await company.look()

    written = await one.effects()
    assert len(written) == len(set(written)) == len({(medium, new) for medium, _, new in written})
    assert one.held() == company.other.held()
    assert await hub.golden() == await company.other.hub.golden()
    states = {state for (state,) in await hub.rows("SELECT DISTINCT state FROM outbound_command")}
    assert states <= {"DONE", "MERGED", "CANCELLED"}
