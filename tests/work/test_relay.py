"""The relay and the worker when the broker or the database is not as it should be, and when they stop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from hub.errors import Invalid
from hub.store.engine import Database
from hub.work.broker import open_broker
from hub.work.decisions import Decision, Done
from hub.work.tables import Dispatch, Queue, WorkState
from hub.work.work import Handlers, RegisteredHandler, Work
from hub.work.worker import Stopping, Worker
from tests.waiting import until
from tests.work.bench import THREADS, Bench, Row, Script, realtime

pytestmark = pytest.mark.slow

LEASE_S = 0.9
NOBODY_LISTENS = {"rabbitmq": "amqp://guest:guest@127.0.0.1:9", "redis": "redis://127.0.0.1:9"}


@pytest.mark.slow
@pytest.mark.parametrize("name", list(NOBODY_LISTENS))
async def test_unreachable_broker_loses_nothing_and_shows(quiet_bench: Bench, name: str) -> None:
    ids = await quiet_bench.order(realtime("a"), realtime("a"), realtime())
    script = Script(Done())
    unreachable = Bench(
        quiet_bench.database, quiet_bench.open_database, replace(quiet_bench.broker, url=NOBODY_LISTENS[name])
    )

    async def refused() -> bool:
        rows = await quiet_bench.rows([ids[0], ids[2]])
        return all((row.state, row.code) == (WorkState.READY, "BROKER_UNAVAILABLE") for row in rows)

    async with unreachable.worker(script.registered()):
        await until(refused, 30)
    assert script.calls == []
    assert await quiet_bench.states(*ids) == [WorkState.READY, WorkState.WAITING, WorkState.READY]
    async with quiet_bench.worker(script.registered()):
        rows = await quiet_bench.reach(WorkState.DONE, *ids)
    assert rows == [Row(WorkState.DONE, 1, None, None)] * 3


def test_unknown_kind_of_broker_is_refused() -> None:
    with pytest.raises(Invalid, match="kafka://"):
        open_broker("kafka://127.0.0.1")


class Gate:
    """A handler that says when it is inside and stays until it is let go."""

    def __init__(self) -> None:
        self.inside = asyncio.Event()
        self.calls: list[int] = []
        self._outside = asyncio.get_running_loop()
        self._open = asyncio.Event()

    def let_go(self) -> None:
        """Open it for good; from the test's loop."""
        self._outside.call_soon_threadsafe(self._open.set)

    async def __call__(self, work: Work) -> Decision:
        self.calls.append(work.id)
        self._outside.call_soon_threadsafe(self.inside.set)
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._open.wait(), self._outside))
        return Done()


async def test_stopping_worker_ends_what_runs_and_leaves_the_rest_ready(bench: Bench) -> None:
    gate = Gate()
    worker = bench.worker({"test": RegisteredHandler(gate, repeatable=False)}, {Queue.REALTIME: 1})
    await worker.start()
    ids = await bench.order(*[realtime() for _ in range(3)])
    await gate.inside.wait()
    stopping = asyncio.create_task(worker.stop())
    gate.let_go()
    await stopping
    expected = [WorkState.DONE if row_id in gate.calls else WorkState.READY for row_id in ids]
    assert await bench.states(*ids) == expected
    assert gate.calls[0] == ids[0]


@pytest.mark.parametrize(
    ("repeatable", "row"),
    [
        (True, Row(WorkState.READY, 1, "STOPPED", "the worker was stopped")),
        (False, Row(WorkState.UNKNOWN, 1, "UNKNOWN", "the worker was stopped before the outcome was known")),
    ],
)
async def test_work_that_outlasts_the_grace_is_interrupted(quiet_bench: Bench, repeatable: bool, row: Row) -> None:
    gate = Gate()
    worker = quiet_bench.worker({"test": RegisteredHandler(gate, repeatable)})
    await worker.start()
    ids = await quiet_bench.order(realtime())
    await gate.inside.wait()
    await worker.stop(grace_s=0.0)
    assert await quiet_bench.rows(ids) == [row]
    gate.let_go()


async def test_long_work_keeps_its_lease(quiet_bench: Bench) -> None:
    """More time passes than its lease lasts; a second worker sweeps meanwhile."""
    gate = Gate()
    handlers = {"test": RegisteredHandler(gate, repeatable=True, lease_s=LEASE_S)}
    async with quiet_bench.worker(handlers), quiet_bench.worker(handlers):
        ids = await quiet_bench.order(realtime())
        await gate.inside.wait()
        for _ in range(3):
            quiet_bench.time.pass_by(seconds=LEASE_S * 2 / 3)
            await until(lambda: lease_reaches(quiet_bench, ids[0]), 30)
        gate.let_go()
        await quiet_bench.reach(WorkState.DONE, *ids)
    assert gate.calls == ids


async def lease_reaches(bench: Bench, row_id: int) -> bool:
    """Whether the lease was renewed at the present time."""
    async with bench.database.reading() as connection:
        lease_until = await connection.scalar(select(Dispatch.lease_until).where(Dispatch.id == row_id))
    return bool(lease_until == bench.time() + timedelta(seconds=LEASE_S))


async def test_worker_whose_handlers_cannot_be_opened_says_so_and_leaves_nothing_behind(quiet_bench: Bench) -> None:
    threads_before = threading.active_count()

    @asynccontextmanager
    async def refused(_database: Database, _stopping: Stopping) -> AsyncIterator[Handlers]:
        raise Invalid("no such system")
        yield {}

    worker = Worker(quiet_bench.open_database, quiet_bench.broker.open(), refused, threads=THREADS)
    with pytest.raises(Invalid, match="no such system"):
        await worker.start()
    assert threading.active_count() == threads_before
