"""Bulk work gives way to real-time work, and no backlog fills a process."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from hub.store.engine import Database
from hub.work.claim import REALTIME_LATE, claim_ready
from hub.work.decisions import Decision, Done
from hub.work.tables import Queue
from hub.work.urgency import Urgency, urgency
from hub.work.work import NewWork, RegisteredHandler, Work
from hub.work.worker import WINDOW_PER_THREAD
from tests.waiting import until
from tests.work.bench import START, Bench, realtime

pytestmark = pytest.mark.slow

WINDOWS = {Queue.REALTIME: 2, Queue.WEEKLY: 4, Queue.SYSTEM: 4}
LATE = START + REALTIME_LATE


async def claimed(database: Database, now: datetime, windows: Mapping[Queue, int] = WINDOWS) -> dict[Queue, int]:
    async with database.transaction() as connection:
        rows = await claim_ready(connection, "me", windows, now)
    return {queue: sum(row_queue is queue for row_queue, *_ in rows) for queue in windows}


def weekly() -> NewWork:
    return NewWork("test", Queue.WEEKLY)


async def test_bulk_fills_its_window_while_no_real_time_work_waits(quiet_bench: Bench) -> None:
    await quiet_bench.order(*[weekly() for _ in range(9)], realtime())
    assert await claimed(quiet_bench.database, START) == {Queue.REALTIME: 1, Queue.WEEKLY: 4, Queue.SYSTEM: 0}


async def test_bulk_has_one_row_in_flight_while_real_time_work_waits(quiet_bench: Bench) -> None:
    await quiet_bench.order(*[realtime() for _ in range(5)])
    await claimed(quiet_bench.database, START)  # every worker of real-time work is busy now
    await quiet_bench.order(*[weekly() for _ in range(9)], NewWork("test", Queue.SYSTEM), NewWork("test", Queue.SYSTEM))
    assert await claimed(quiet_bench.database, LATE) == {Queue.REALTIME: 0, Queue.WEEKLY: 1, Queue.SYSTEM: 2}
    assert (await claimed(quiet_bench.database, LATE))[Queue.WEEKLY] == 0


async def test_real_time_work_that_is_to_be_done_later_slows_nobody(quiet_bench: Bench) -> None:
    later = NewWork("test", Queue.REALTIME, ready_at=START + timedelta(hours=1))
    await quiet_bench.order(later, *[weekly() for _ in range(9)])
    assert (await claimed(quiet_bench.database, LATE))[Queue.WEEKLY] == 4


async def test_work_knows_how_urgent_its_queue_is(quiet_bench: Bench) -> None:
    seen: dict[Queue, Urgency] = {}

    async def look(work: Work) -> Decision:
        seen[work.queue] = urgency()
        return Done()

    handlers = {"test": RegisteredHandler(look, repeatable=True)}
    async with quiet_bench.worker(handlers, dict.fromkeys(Queue, 1)):
        await quiet_bench.order(*[NewWork("test", queue) for queue in Queue])
        await until(lambda: asyncio.sleep(0, len(seen) == len(Queue)))
    realtime_queues = {queue for queue, which in seen.items() if which is Urgency.REALTIME}
    assert realtime_queues == {Queue.REALTIME, Queue.SYSTEM}


@pytest.mark.slow
async def test_a_backlog_of_20000_never_fills_more_than_the_window(quiet_bench: Bench) -> None:
    """The rest stays in the table, so what a process holds does not grow with it."""
    gate = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def held(_work: Work) -> Decision:
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(gate.wait(), loop))
        return Done()

    await quiet_bench.order(*[weekly() for _ in range(20_000)])
    threads = 2
    most = 0

    async def done(rows: int) -> bool:
        nonlocal most
        async with quiet_bench.database.reading() as connection:
            found = await connection.execute(
                text(
                    """SELECT count(*) FILTER (WHERE state IN ('SENT', 'RUNNING')) AS in_flight,
                         count(*) FILTER (WHERE state = 'DONE') AS done FROM dispatch"""
                )
            )
            row = found.one()
        most = max(most, row.in_flight)
        return bool(row.in_flight + row.done >= rows if not gate.is_set() else row.done >= rows)

    async with quiet_bench.worker(
        {"test": RegisteredHandler(held, repeatable=True)}, {Queue.WEEKLY: threads}
    ) as worker:
        await until(lambda: done(threads * WINDOW_PER_THREAD))
        for _ in range(20):  # as the relay looks again and again
            async with quiet_bench.database.transaction() as connection:
                windows = {Queue.WEEKLY: threads * WINDOW_PER_THREAD}
                assert await claim_ready(connection, worker.owner, windows, quiet_bench.time()) == []
            await done(0)
        assert sum(queue.qsize() for queue in worker.broker.queues.values()) <= threads * WINDOW_PER_THREAD
        gate.set()
        await until(lambda: done(2_000))
    assert most == threads * WINDOW_PER_THREAD
