"""Workers on a package that is down, or that is called too often: all waits in its order, and nothing is lost."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from adapters.memory.port import MemoryPort
from adapters.memory.store import MemoryStore
from hub.flows.engine_room import EngineRoom
from hub.flows.gate import Gate
from hub.flows.handlers import EngineHandlers
from hub.flows.metered import MeteredPort
from hub.flows.schedules import START as START_RUN
from hub.flows.systems import OpenSystems
from hub.ports.writing import FieldChange, Operation, WriteCommand, Written
from hub.records.identity import Entity
from hub.settings.systems import Limits
from hub.store.engine import Database, open_engine
from hub.work.decisions import Decision, Done, RetryAt
from hub.work.tables import Queue
from hub.work.urgency import Urgency
from hub.work.work import Handlers, NewWork, RegisteredHandler, Work
from hub.work.worker import Stopping, Worker
from tests.flows.engine import CRM, FLOW, declared, room_over
from tests.flows.test_run_lane import body
from tests.waiting import until
from tests.work.bench import Bench
from tests.work.brokers import installation

pytestmark = pytest.mark.slow

THREADS = {Queue.SYSTEM: 1, Queue.DAILY: 1, Queue.REALTIME: 2}
WAITING_S = 5
"""The hub's clock moves on by so much each time a test looks."""


@pytest.fixture
def quiet_bench(database: Database, database_url: str) -> Iterator[Bench]:
    """Work on the in-process broker."""
    for broker in installation("in-process"):
        yield Bench(database, lambda: Database(open_engine(database_url)), broker)


@dataclass
class Company:
    """A package of five customers, and workers that call it through their gates."""

    bench: Bench
    limits: Limits
    store: MemoryStore = field(default_factory=MemoryStore)
    written: list[str] = field(default_factory=list)

    def worker(self) -> Worker:
        @asynccontextmanager
        async def opened(database: Database, stopping: Stopping) -> AsyncIterator[Handlers]:
            room = self._room(database)

            async def write(work: Work) -> Decision:
                key = str(work.payload["key"])
                change = FieldChange(("name",), None, key)
                command = WriteCommand(key, Entity.CUSTOMER, Operation.CREATE, None, (change,))
                (outcome,) = await room.systems.port(CRM).write([command])
                if not isinstance(outcome, Written):
                    return RetryAt(self.bench.time(), "not answered")
                self.written.append(key)
                return Done()

            engine = EngineHandlers(room, stopping).registered()
            yield {**engine, "write": RegisteredHandler(write, repeatable=True)}

        return Worker(
            self.bench.open_database,
            self.bench.broker.open(),
            opened,
            threads=THREADS,
            prefix=self.bench.broker.prefix,
            clock=self.bench.time,
        )

    def _room(self, database: Database) -> EngineRoom:
        gate = Gate(CRM, self.limits, database, self.bench.time, patience_s=dict.fromkeys(Urgency, 0.0))
        port = MeteredPort(MemoryPort(CRM, self.store), gate)
        systems = OpenSystems({CRM: lambda: port})
        return replace(room_over(database, self.store, page_size=2), systems=systems, clock=self.bench.time)

    async def passes(self, look: Callable[[], Awaitable[bool]]) -> None:
        """Time goes on until it is so, and stands still while work is done: a lease lasts by that clock."""

        async def moved_on() -> bool:
            if await look():
                return True
            if await self.none("dispatch WHERE state = 'RUNNING'"):
                self.bench.time.pass_by(seconds=WAITING_S)
            return False

        await until(moved_on)

    async def count(self, what: str) -> int:
        """How many rows `what` (table and condition) names."""
        async with self.bench.database.reading() as connection:
            found: int = await connection.scalar(text(f"SELECT count(*) FROM {what}"))
        return found

    async def any(self, what: str) -> bool:
        return await self.count(what) > 0

    async def none(self, what: str) -> bool:
        return await self.count(what) == 0

    async def is_count(self, what: str, rows: int) -> bool:
        return await self.count(what) == rows

    def firing(self, hours: int) -> NewWork:
        """A lane's schedule at work."""
        at = self.bench.time() + timedelta(hours=hours)
        payload = {"flow": FLOW, "cadence": "DAILY", "scheduled_for": at.isoformat()}
        return NewWork(START_RUN, Queue.SYSTEM, payload)


@pytest.fixture
async def company(database: Database, quiet_bench: Bench) -> Company:
    await declared(database)
    company = Company(quiet_bench, Limits(requests_per_minute=600, suspend_after=2))
    for number in range(1, 6):
        company.store.put(Entity.CUSTOMER, str(number), body(f"Customer {number}", f"c{number}@example.com"))
        company.store.advance(timedelta(seconds=1))
    return company


def write(key: str, line: str) -> NewWork:
    return NewWork("write", Queue.REALTIME, {"key": key}, line=line)


async def test_a_run_waits_for_a_package_that_is_down_and_goes_on_when_it_is_back(company: Company) -> None:
    company.store.stop()
    async with company.worker():
        await company.bench.order(company.firing(0))
        await company.passes(lambda: company.any("dispatch WHERE kind = 'flow.run' AND state = 'PARKED'"))
        assert await company.count("flow_run WHERE state = 'INTERRUPTED'") == 1
        assert await company.count("connected_system WHERE state = 'SUSPENDED'") == 1
        calls = company.store.calls
        for hours in (1, 2, 3):
            await company.bench.order(company.firing(hours))
        await until(lambda: company.none("dispatch WHERE kind = 'flow.start' AND state <> 'DONE'"))
        assert (await company.count("flow_run"), company.store.calls - calls) == (1, 0)
        company.store.start()
        await company.passes(lambda: company.any("flow_run WHERE state = 'COMPLETED'"))
    assert await company.count("customer") == 5
    assert await company.count("connected_system WHERE state = 'ACTIVE'") == 1
    assert await company.count("system_breaker WHERE state = 'CLOSED'") == 1


async def test_commands_wait_for_a_package_that_is_down_and_leave_in_their_order(company: Company) -> None:
    company.store.stop()
    wanted = [f"{line}{number}" for number in range(4) for line in "abc"]
    async with company.worker(), company.worker():
        await company.bench.order(*[write(key, key[0]) for key in wanted])
        parked = "dispatch WHERE kind = 'write' AND state = 'PARKED'"
        await company.passes(lambda: company.is_count(parked, 3))
        company.store.start()
        await company.passes(lambda: company.is_count("dispatch WHERE kind = 'write' AND state = 'DONE'", 12))
    assert sorted(company.written) == sorted(wanted)
    for line in "abc":
        assert [key for key in company.written if key[0] == line] == [f"{line}{number}" for number in range(4)]
    assert len(company.store.objects(Entity.CUSTOMER)) == 5 + 12


async def test_a_storm_of_refusals_delays_and_fails_nothing(company: Company) -> None:
    """More of them than a transient error is forgiven: 429 says that the call had no effect."""
    company.limits = Limits(requests_per_minute=60, suspend_after=2)
    company.store.ask_patience(30, times=25)
    async with company.worker(), company.worker():
        await company.bench.order(company.firing(0), *[write(f"k{number}", f"l{number % 3}") for number in range(9)])
        await company.passes(
            lambda: company.none("dispatch WHERE state <> 'DONE' AND kind IN ('write', 'flow.run', 'flow.start')")
        )
    assert sorted(company.written) == [f"k{number}" for number in range(9)]
    assert await company.count("flow_run WHERE state = 'COMPLETED'") == 1
    assert await company.count("system_breaker WHERE state <> 'CLOSED'") == 0


async def test_a_spent_budget_interrupts_a_run_and_the_next_minute_goes_on_with_it(company: Company) -> None:
    company.limits = Limits(requests_per_minute=4, realtime_share=0)
    async with company.worker():
        await company.bench.order(company.firing(0))
        await until(lambda: company.any("flow_run WHERE state = 'INTERRUPTED' AND error_code = 'THROTTLED'"))
        assert company.store.calls == 4
        began = company.bench.time()
        await company.passes(lambda: company.any("flow_run WHERE state = 'COMPLETED'"))
    assert await company.count("customer") == 5
    assert company.bench.time() - began < timedelta(minutes=4)
