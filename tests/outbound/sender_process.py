"""A worker that sends mail, in a process of its own, until killed: `-m tests.outbound.sender_process DSN PORT`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from hub.clock import utc_now
from hub.outbound.handlers import outbound_handlers
from hub.store.engine import Database, open_engine
from hub.work.broker import open_broker
from hub.work.tables import Queue
from hub.work.work import Handlers
from hub.work.worker import Stopping, Worker
from tests.outbound.company import outbound, room

LEASE_S = 1.5


async def main(dsn: str, port: int) -> None:
    """One mail at a time."""

    @asynccontextmanager
    async def handlers(database: Database, _: Stopping) -> AsyncIterator[Handlers]:
        yield outbound_handlers(room(database, outbound(), Path("unused"), port, utc_now), LEASE_S)

    def open_database() -> Database:
        return Database(open_engine(dsn, pool_size=4))

    async with Worker(open_database, open_broker(None), handlers, threads={Queue.HOURLY: 1}, prefix="sender"):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
