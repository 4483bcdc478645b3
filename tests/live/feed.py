"""What the tests of the feed share: publishing, numbering at a chosen moment, and loops that end with a block."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Coroutine
from datetime import UTC, datetime

import asyncpg
from sqlalchemy import text

from hub.live.changes import Change, Place
from hub.live.generation import GENERATION
from hub.live.publish import publish
from hub.live.sequencer import take_turn
from hub.live.subscribe import Subscription
from hub.store.engine import Database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def customer(object_id: str) -> Change:
    return Change("customer", object_id, "CustomerAttributeValueChangeEvent")


async def commit(database: Database, *object_ids: str, at: datetime = NOON) -> None:
    """One business transaction that changes these customers."""
    async with database.transaction() as connection:
        await publish(connection, [customer(object_id) for object_id in object_ids], at)


async def number(url: str) -> int:
    """One turn of a sequencer of its own; how many it numbered."""
    async with session(url) as connection:
        return (await take_turn(connection)).moved


async def feed(database: Database) -> list[tuple[int, str]]:
    """(position, object id) of the whole feed."""
    async with database.reading() as connection:
        rows = await connection.execute(text("SELECT position, object_id FROM change_feed ORDER BY position"))
        return [(row.position, row.object_id) for row in rows]


async def at(database: Database, position: int) -> Place:
    """A place in the feed as it is numbered now."""
    async with database.reading() as connection:
        return Place((await connection.execute(text(f"SELECT {GENERATION}"))).scalar_one(), position)


async def kill_reader(connection: asyncpg.Connection) -> int:
    """As a restart of the server would; how many were connected."""
    killed: int = await connection.fetchval(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
        " WHERE application_name = 'contacthub-reader' AND datname = current_database()"
    )
    return killed


async def take(subscription: Subscription, count: int) -> list[tuple[int, str]]:
    """The next `count` changes; fails when they do not come."""
    async with asyncio.timeout(10):
        return [(change.position, change.object_id) for change in [await anext(subscription) for _ in range(count)]]


@contextlib.asynccontextmanager
async def session(url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def running(loop: Coroutine[None, None, None]) -> AsyncIterator[asyncio.Task[None]]:
    """Run a loop that never ends beside the block."""
    task = asyncio.create_task(loop)
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
