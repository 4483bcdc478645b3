"""A worker in a process of its own: `python -m tests.work.worker_process DSN BROKER PREFIX`, until killed.

Its handlers write who started and who finished into tables of the test, and wait inside until the gate is open.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import text

from hub.store.engine import Database, open_engine
from hub.work.broker import open_broker
from hub.work.decisions import Decision, Done
from hub.work.tables import Queue
from hub.work.work import Handlers, RegisteredHandler, Work
from hub.work.worker import Stopping, Worker
from tests.waiting import until

LEASE_S = 1.5


class Waiting:
    """Writes `started`, waits for the gate, writes `effect`, under the work's id so that a repeat adds nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, work: Work) -> Decision:
        await self._execute("INSERT INTO started (work, pid) VALUES (:work, :pid)", work)
        await until(self._gate_is_open)
        await self._execute("INSERT INTO effect (work, pid) VALUES (:work, :pid) ON CONFLICT DO NOTHING", work)
        return Done()

    async def _gate_is_open(self) -> bool:
        async with self._database.reading() as connection:
            return bool(await connection.scalar(text("SELECT count(*) FROM gate")))

    async def _execute(self, statement: str, work: Work) -> None:
        async with self._database.transaction() as connection:
            await connection.execute(text(statement), {"work": work.id, "pid": os.getpid()})


async def main(dsn: str, broker: str, prefix: str) -> None:
    """Work until killed; `broker` may be empty for the in-process one."""

    @asynccontextmanager
    async def handlers(database: Database, _stopping: Stopping) -> AsyncIterator[Handlers]:
        waiting = Waiting(database)
        yield {
            "repeatable": RegisteredHandler(waiting, repeatable=True, lease_s=LEASE_S),
            "once": RegisteredHandler(waiting, repeatable=False, lease_s=LEASE_S),
        }

    def open_database() -> Database:
        return Database(open_engine(dsn, pool_size=6))

    async with Worker(open_database, open_broker(broker or None), handlers, threads={Queue.REALTIME: 4}, prefix=prefix):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
