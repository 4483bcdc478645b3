"""Two worker processes on one database and broker, one of which is killed with -9 in the middle of its work."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest
from sqlalchemy import text

from hub.clock import utc_now
from hub.store.engine import Database
from hub.work.dispatch import dispatch
from hub.work.tables import Queue, WorkState
from hub.work.work import NewWork
from tests.waiting import until
from tests.work.bench import Bench
from tests.work.brokers import Installation

pytestmark = pytest.mark.slow
TABLES = (
    "CREATE TABLE started (work bigint, pid int)",
    "CREATE TABLE effect (work bigint PRIMARY KEY, pid int)",
    "CREATE TABLE gate (opened bool)",
)


@asynccontextmanager
async def worker_process(dsn: str, broker: Installation) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.work.worker_process", dsn, broker.url or "", broker.prefix
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def order(database: Database, *kinds: str) -> list[int]:
    async with database.transaction() as connection:
        return await dispatch(connection, [NewWork(kind, Queue.REALTIME) for kind in kinds], utc_now())


async def execute(database: Database, *statements: str) -> None:
    async with database.transaction() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def pairs(database: Database, table: str) -> list[tuple[int, int]]:
    """(work, pid) of every row."""
    async with database.reading() as connection:
        found = await connection.execute(text(f"SELECT work, pid FROM {table} ORDER BY work"))
        return [(row.work, row.pid) for row in found]


async def test_killed_process_loses_and_doubles_nothing(bench: Bench, database_url: str) -> None:
    database = bench.database
    await execute(database, *TABLES)
    async with AsyncExitStack() as stack:
        victim = await stack.enter_async_context(worker_process(database_url, bench.broker))
        ids = await order(database, "repeatable", "once")

        async def both_started() -> list[tuple[int, int]] | None:
            started = await pairs(database, "started")
            return started if len(started) == 2 else None

        assert await until(both_started, 60) == [(row_id, victim.pid) for row_id in ids]
        heir = await stack.enter_async_context(worker_process(database_url, bench.broker))
        victim.kill()
        await victim.wait()
        await execute(database, "INSERT INTO gate VALUES (true)")
        [repeated] = await bench.reach(WorkState.DONE, ids[0])
        [unknown] = await bench.reach(WorkState.UNKNOWN, ids[1])
        later = await order(database, "once")
        await bench.reach(WorkState.DONE, *later)
    assert (repeated.attempts, unknown.attempts) == (2, 1)
    assert await pairs(database, "effect") == [(ids[0], heir.pid), (later[0], heir.pid)]
    assert sorted(await pairs(database, "started")) == sorted(
        [(ids[0], victim.pid), (ids[0], heir.pid), (ids[1], victim.pid), (later[0], heir.pid)]
    )


async def test_two_processes_share_the_work_and_do_each_once(bench: Bench, database_url: str) -> None:
    database = bench.database
    await execute(database, *TABLES)
    async with worker_process(database_url, bench.broker) as one, worker_process(database_url, bench.broker) as two:
        ids = await order(database, *["once"] * 60)

        async def both_at_work() -> bool:
            return {pid for _, pid in await pairs(database, "started")} == {one.pid, two.pid}

        await until(both_at_work, 60)
        await execute(database, "INSERT INTO gate VALUES (true)")
        await bench.reach(WorkState.DONE, *ids)
        assert [work for work, _ in await pairs(database, "started")] == ids
        assert [work for work, _ in await pairs(database, "effect")] == ids
