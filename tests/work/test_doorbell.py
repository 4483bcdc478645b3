"""Relays hear of work once it is committed, whoever ordered it."""

from __future__ import annotations

import asyncio

import pytest

from hub.errors import Invalid
from hub.store.engine import Database, open_engine
from hub.work.decisions import Done
from hub.work.dispatch import dispatch
from hub.work.doorbell import Bell
from hub.work.requeue import requeue, settle
from hub.work.tables import Queue
from hub.work.work import NewWork
from tests.work.bench import START, Bench, realtime
from tests.work.listening import listening


async def test_a_commit_rings_and_not_a_moment_before(database: Database, database_url: str) -> None:
    async with listening(database_url) as ear:
        async with database.transaction() as connection:
            await dispatch(connection, [realtime()], START)
            assert await ear.silent()
        assert await ear.rung()


async def order_and_fail(database: Database) -> None:
    async with database.transaction() as connection:
        await dispatch(connection, [realtime()], START)
        raise Invalid("a rule of the business")


async def test_what_is_rolled_back_or_orders_nothing_does_not_ring(database_url: str) -> None:
    database = Database(open_engine(database_url))
    async with listening(database_url) as ear:
        async with database.transaction() as connection:
            await dispatch(connection, [realtime(dedupe_key="k")], START)
        assert await ear.rung()
        with pytest.raises(Invalid):
            await order_and_fail(database)
        async with database.transaction() as connection:
            assert await dispatch(connection, [realtime(dedupe_key="k")], START) == []
        await database.aclose()
        assert await ear.silent()


async def test_the_last_ring_goes_out_before_the_database_is_closed(database_url: str) -> None:
    async with listening(database_url) as ear:
        database = Database(open_engine(database_url))
        async with database.transaction() as connection:
            await dispatch(connection, [realtime()], START)
        await database.aclose()
        assert await ear.rung()


async def test_relays_of_real_time_work_hear_nothing_of_bulk_work(database_url: str) -> None:
    database = Database(open_engine(database_url))
    async with listening(database_url) as ear:
        async with database.transaction() as connection:
            await dispatch(connection, [NewWork("test", Queue.WEEKLY)], START)
        await database.aclose()
        assert await ear.silent()


async def test_requeueing_and_settling_ring(quiet_bench: Bench, database_url: str) -> None:
    async with listening(database_url) as ear:
        ids = await quiet_bench.order(realtime("a"), realtime("a"))
        assert await ear.rung()
        async with quiet_bench.database.transaction() as connection:
            await requeue(connection, ids, START)
        assert await ear.rung()
        async with quiet_bench.database.transaction() as connection:
            await settle(connection, ids, Done(), START)
        assert await ear.rung()


async def test_who_is_cancelled_while_it_rings_is_cancelled() -> None:
    """A relay that missed it would look for work for ever, and its worker never stop."""
    bell = Bell()
    waiting = asyncio.create_task(bell.wait(60))
    await asyncio.sleep(0)
    bell.ring()
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
