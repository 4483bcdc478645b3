"""Calls to the fake package through the gates of several processes."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import text

from adapters.memory.port import MemoryPort
from adapters.memory.store import MemoryStore
from hub.errors import Suspended, Throttled, Transient
from hub.flows.gate import Gate
from hub.flows.metered import MeteredPort
from hub.ports.limits import RateLimit
from hub.ports.system import SystemPort
from hub.ports.writing import Operation, Unanswered, WriteCommand, Written
from hub.records.identity import Entity, SystemName
from hub.settings.systems import Limits
from hub.store.engine import Database, open_engine
from hub.work.urgency import Urgency, under_urgency
from tests.work.bench import START, Time

CRM = SystemName("crm")
BULK = Urgency.BULK


@dataclass
class Process:
    """A port as one process has it; `paused_s` is how long its gate waited."""

    port: MeteredPort
    paused_s: list[float]


@dataclass
class Company:
    """A package, and processes that call it on one database; time passes only by hand or while a gate waits."""

    store: MemoryStore
    time: Time
    databases: list[Database]
    limits: Limits

    def process(self, number: int = 0) -> Process:
        paused: list[float] = []

        async def pause(seconds: float) -> None:
            paused.append(seconds)
            self.time.pass_by(seconds=seconds)

        gate = Gate(CRM, self.limits, self.databases[number], self.time, pause=pause)
        return Process(MeteredPort(MemoryPort(CRM, self.store), gate), paused)


@pytest.fixture
async def company(database: Database, database_url: str) -> AsyncIterator[Company]:
    other = Database(open_engine(database_url))
    async with database.transaction() as connection:
        await connection.execute(
            text("INSERT INTO connected_system (name, adapter, roles) VALUES ('crm', 'memory', '{CRM}')")
        )
    yield Company(MemoryStore(), Time(), [database, other], Limits(requests_per_minute=10, suspend_after=3))
    await other.aclose()


async def refused(process: Process) -> Transient | None:
    try:
        await process.port.now()
    except Transient as error:
        return error
    return None


def test_every_method_of_a_port_is_metered() -> None:
    methods = {name for name, _ in inspect.getmembers(SystemPort, inspect.isfunction) if not name.startswith("_")}
    assert methods - set(vars(MeteredPort)) == set()


@pytest.mark.slow
async def test_processes_together_make_no_more_calls_than_the_limit(company: Company) -> None:
    company.limits = Limits(requests_per_minute=300)
    processes = [company.process(number) for number in (0, 1, 0, 1)]
    answers = await asyncio.gather(*(refused(process) for process in processes for _ in range(200)))
    turned_away = [error for error in answers if error is not None]
    # A lease that one process has not used up keeps a few calls from the others until the next window.
    assert 280 <= company.store.calls <= 300
    assert len(turned_away) == 800 - company.store.calls
    assert all(isinstance(error, Throttled) and error.after_s >= 60 for error in turned_away)


@pytest.mark.slow
async def test_what_is_turned_away_is_spread_over_the_windows_to_come(company: Company) -> None:
    company.limits = Limits(requests_per_minute=60)
    process = company.process()
    errors = [await refused(process) for _ in range(60 + 180)]
    after = [error.after_s for error in errors if isinstance(error, Throttled)]
    assert (len(after), after[0], after[-1]) == (180, 60, 240)


async def test_bulk_waits_a_little_for_the_next_window(company: Company) -> None:
    process = company.process()
    with under_urgency(BULK):
        for _ in range(8):
            await process.port.now()
        company.time.pass_by(seconds=55)
        await process.port.now()
    assert process.paused_s == [5.25]
    assert company.store.calls == 9


async def test_real_time_work_does_not_wait_behind_bulk(company: Company) -> None:
    bulk, realtime = company.process(0), company.process(1)
    with under_urgency(BULK):
        for _ in range(8):
            await bulk.port.now()
        with pytest.raises(Throttled):
            await bulk.port.now()
    await realtime.port.now()
    await realtime.port.now()
    assert (realtime.paused_s, company.store.calls) == ([], 10)


async def test_patience_asked_of_one_process_is_kept_by_all(company: Company) -> None:
    first, second = company.process(0), company.process(1)
    company.store.ask_patience(40)
    for process in (first, second, first):
        error = await refused(process)
        assert isinstance(error, Throttled)
        assert error.after_s == 40
    assert company.store.calls == 1
    company.time.pass_by(seconds=40)
    assert await refused(second) is None


async def test_a_storm_of_refusals_opens_no_breaker(company: Company) -> None:
    company.store.ask_patience(1, times=20)
    process = company.process()
    while (error := await refused(process)) is not None:
        assert isinstance(error, Throttled)
        company.time.pass_by(seconds=20)
    assert company.store.calls == 21


async def test_the_packages_own_word_is_kept(company: Company) -> None:
    class Telling(MemoryPort):
        def rate_limit(self) -> RateLimit | None:
            return RateLimit(0, 30)

    process = company.process()
    process.port._port = Telling(CRM, company.store)
    await process.port.now()
    error = await refused(company.process(1))
    assert isinstance(error, Throttled)
    assert (error.after_s, company.store.calls) == (30, 1)


async def test_a_system_that_fails_is_called_no_more_by_anybody(company: Company) -> None:
    first, second = company.process(0), company.process(1)
    company.store.stop()
    errors = [await refused(process) for process in (first, second, first, second, first)]
    assert [type(error) for error in errors] == [Transient] * 3 + [Suspended] * 2
    assert company.store.calls == 3


async def test_the_first_call_after_the_pause_is_the_probe_and_closes(company: Company) -> None:
    company.store.stop()
    process, other = company.process(0), company.process(1)
    for _ in range(3):
        await refused(process)
    company.time.pass_by(seconds=30)
    assert type(await refused(process)) is Transient
    assert type(await refused(other)) is Suspended
    company.store.start()
    company.time.pass_by(seconds=60)
    assert await refused(other) is None
    assert await refused(process) is None


async def test_calls_that_begin_while_a_probe_is_under_way_are_not_made(company: Company) -> None:
    company.store.stop()
    process = company.process()
    for _ in range(3):
        await refused(process)
    company.store.start()
    company.time.pass_by(seconds=30)
    answers = await asyncio.gather(*(refused(company.process(number % 2)) for number in range(6)))
    assert sum(error is None for error in answers) >= 1
    assert {type(error) for error in answers} <= {type(None), Suspended}


async def test_commands_that_nobody_answers_count_as_failures(company: Company) -> None:
    process = company.process()
    for number in range(3):
        company.store.drop_next_answer()
        (outcome,) = await process.port.write([WriteCommand(f"k{number}", Entity.CUSTOMER, Operation.CREATE, None)])
        assert isinstance(outcome, Unanswered)
    assert isinstance(await refused(process), Suspended)


async def test_an_end_of_run_that_means_nothing_to_the_package_costs_no_call(company: Company) -> None:
    company.limits = Limits(requests_per_minute=1, realtime_share=0)
    process = company.process()
    await process.port.finished(Entity.CUSTOMER, {})
    await process.port.now()
    assert company.store.calls == 1


async def test_the_answer_of_a_call_survives_a_store_that_takes_no_note_of_it(
    company: Company, database: Database
) -> None:
    process = company.process()
    company.store.stop()
    assert type(await refused(process)) is Transient
    company.store.start()
    command = WriteCommand("k", Entity.CUSTOMER, Operation.CREATE, None)
    async with database.transaction() as connection:
        # The column marks the database as spoilt for other tests.
        await connection.execute(text("ALTER TABLE system_breaker ADD COLUMN spoilt int, ADD CHECK (failures > 0)"))
    (outcome,) = await process.port.write([command])
    assert isinstance(outcome, Written)


async def test_a_check_is_made_past_an_open_breaker(company: Company) -> None:
    company.store.stop()
    process = company.process()
    for _ in range(3):
        await refused(process)
    company.store.start()
    (line,) = await process.port.check()
    assert line.ok


@pytest.mark.slow
async def test_an_outage_is_over_within_one_pause_after_its_end(company: Company) -> None:
    """However long it lasted: the pauses grow to a quarter of an hour and no further."""
    process = company.process()
    company.store.stop()
    end = START + timedelta(hours=3)
    while company.time() < end:
        await refused(process)
        company.time.pass_by(seconds=30)
    company.store.start()
    while await refused(process) is not None:
        company.time.pass_by(seconds=30)
    assert company.time() - end <= timedelta(minutes=15, seconds=30)
    assert company.store.calls < 40
