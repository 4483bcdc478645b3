"""A migration carried by a real worker, from the first seed to the reconciliation, with nobody pushing it on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.memory.port import MemoryPort
from hub.flows.handlers import EngineHandlers
from hub.flows.systems import OpenSystems
from hub.migration.comparing import MigrationRoom, compare_outbound
from hub.migration.handlers import MigrationHandlers
from hub.migration.parity import compare
from hub.records.identity import Entity
from hub.records.lanes import FlowCadence
from hub.records.migration import MigrationState
from hub.store.engine import Database, open_engine
from hub.work.broker import open_broker
from hub.work.work import Handlers
from hub.work.worker import Stopping, Worker
from tests.live.feed import running
from tests.migration.steering import CRM, DAILY, REAL_TIME, Steered, body, steered
from tests.waiting import until

S = MigrationState
TICK_S = 0.1


def worker_of(hub: Steered, database_url: str) -> Worker:
    """A worker with an engine of its own over the same fake package; it takes the test's time."""

    @asynccontextmanager
    async def opened(database: Database, stopping: Stopping) -> AsyncIterator[Handlers]:
        systems = OpenSystems({CRM: lambda: MemoryPort(CRM, hub.store)})
        engine = replace(hub.engine, database=database, systems=systems)
        room = MigrationRoom(engine, hub.desk, compare, compare_outbound)
        yield {**EngineHandlers(engine, stopping).registered(), **MigrationHandlers(room, stopping).registered()}

    return Worker(
        lambda: Database(open_engine(database_url, pool_size=4)), open_broker(None), opened, clock=lambda: hub.now
    )


async def ticking(hub: Steered) -> None:
    """Both clocks go on by themselves, or work that is to be tried again later never would be."""
    while True:
        await asyncio.sleep(TICK_S)
        hub.pass_time(timedelta(seconds=TICK_S))


@pytest.mark.slow
async def test_workers_carry_a_migration_to_its_end(database: Database, database_url: str) -> None:
    hub = await steered(database, customers=20)

    async def ran(cadence: FlowCadence) -> None:
        hub.pass_time(timedelta(seconds=5))
        run = await hub.queue(cadence)
        await until(lambda: ended(run), 60)

    async def ended(run: object) -> bool:
        rows = await hub.rows(f"SELECT state FROM flow_run WHERE id = '{run}'")
        return rows == [("COMPLETED",)]

    async def is_state(state: MigrationState) -> bool:
        return await hub.state() is state

    async with running(ticking(hub)), worker_of(hub, database_url):
        await hub.plan()
        await hub.start()
        await until(lambda: is_state(S.SHADOW), 60)
        for number in (1, 2):
            hub.store.put(Entity.CUSTOMER, str(number), body(f"Moved {number}", f"c{number}@example.com"))
            await ran(DAILY)
            await ran(REAL_TIME)
        await until(lambda: is_state(S.GATED), 60)
        await hub.approve()
        await hub.cut_over()
        await until(lambda: is_state(S.OBSERVING), 60)
        hub.store.put(Entity.CUSTOMER, "3", body("After", "c3@example.com"))
        for _ in range(2):
            await ran(REAL_TIME)
            await ran(DAILY)
            await ran(REAL_TIME)
        await until(lambda: is_state(S.COMPLETED), 60)
    assert {"After", "Moved 1", "Moved 2"} <= set(await hub.names())
    # A poll that was in hand at the cut-over is refused, and another one takes its place: nothing is left to a person.
    assert (
        await hub.rows("SELECT kind, last_error_code FROM dispatch WHERE state IN ('DEAD', 'UNKNOWN', 'PARKED')") == []
    )
