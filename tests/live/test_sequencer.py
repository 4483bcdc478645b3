"""Positions are given after commit, without gaps, in the order in which anybody can see them."""

from __future__ import annotations

import asyncio
import random
from contextlib import AsyncExitStack

import asyncpg
import pytest
from sqlalchemy import text

from hub.live.changes import CHANNEL
from hub.live.publish import publish
from hub.live.sequencer import Sequencer, take_turn
from hub.store.engine import Database
from tests.databases import TestServer
from tests.live.feed import NOON, commit, customer, feed, number, running, session


async def test_changes_of_one_transaction_keep_their_order(database: Database, database_url: str) -> None:
    await commit(database, "b", "a", "b")
    assert await number(database_url) == 3
    assert await feed(database) == [(1, "b"), (2, "a"), (3, "b")]


async def test_publishing_nothing_writes_nothing(database: Database, database_url: str) -> None:
    await commit(database)
    assert await number(database_url) == 0
    assert await feed(database) == []


async def test_change_of_a_abandoned_transaction_never_appears(database: Database, database_url: str) -> None:
    async with database.engine.connect() as connection:
        await publish(connection, [customer("lost")], NOON)
        await connection.rollback()
    await commit(database, "kept")
    assert await number(database_url) == 1
    assert await feed(database) == [(1, "kept")]


async def test_row_that_commits_late_gets_a_later_position(database: Database, database_url: str) -> None:
    async with database.transaction() as early:
        await publish(early, [customer("late")], NOON)
        await commit(database, "prompt")
        assert await number(database_url) == 1
    assert await number(database_url) == 1
    assert await feed(database) == [(1, "prompt"), (2, "late")]


async def test_turn_takes_no_more_than_its_limit(database: Database, database_url: str) -> None:
    await commit(database, "a", "b", "c")
    async with session(database_url) as connection:
        turns = [await take_turn(connection, limit=2) for _ in range(3)]
    assert [turn.moved for turn in turns] == [2, 1, 0]
    assert await feed(database) == [(1, "a"), (2, "b"), (3, "c")]


async def _write(database: Database, writer: int, transactions: int) -> int:
    """Commit or abandon transactions of random size and duration; how many changes were committed."""
    chance = random.Random(writer)
    committed = 0
    for turn in range(transactions):
        changes = [customer(f"{writer}-{turn}-{row}") for row in range(chance.randrange(1, 30))]
        async with database.engine.connect() as connection:
            await publish(connection, changes, NOON)
            for _ in range(chance.randrange(4)):
                await connection.execute(text("SELECT 1"))
            if chance.random() < 0.2:
                await connection.rollback()
            else:
                await connection.commit()
                committed += len(changes)
    return committed


async def _watch_for_holes(url: str, until: asyncio.Event) -> int:
    """Look at the feed as often as possible; whoever sees position n must see n rows. How many looks it took."""
    looks = 0
    async with session(url) as connection:
        while not until.is_set():
            count, last = await connection.fetchrow("SELECT count(*), coalesce(max(position), 0) FROM change_feed")
            assert count == last
            looks += 1
    return looks


async def test_no_reader_sees_a_position_before_the_ones_below_it(database: Database, database_url: str) -> None:
    written = asyncio.Event()
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(running(Sequencer(database_url, batch=7, standby_s=0.001).run()))
        watchers = [asyncio.create_task(_watch_for_holes(database_url, written)) for _ in range(2)]
        committed = sum(await asyncio.gather(*(_write(database, writer, 40) for writer in range(4))))
        async with session(database_url) as connection, asyncio.timeout(20):
            while await connection.fetchval("SELECT count(*) FROM change_feed") < committed:
                pass
        written.set()
        assert min(await asyncio.gather(*watchers)) > 0
    rows = await feed(database)
    assert [position for position, _ in rows] == list(range(1, committed + 1))
    assert len({object_id for _, object_id in rows}) == committed
    for writer in range(4):
        mine = [tuple(map(int, name.split("-"))) for _, name in rows if name.startswith(f"{writer}-")]
        assert mine == sorted(mine)


async def _arrival(connection: asyncpg.Connection) -> asyncio.Future[str]:
    """Resolved with the payload of the first ring of the doorbell."""
    rung: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def ring(_connection: object, _pid: int, _channel: str, payload: str) -> None:
        if not rung.done():
            rung.set_result(payload)

    await connection.add_listener(CHANNEL, ring)
    return rung


async def _hold_everything(connection: asyncpg.Connection) -> None:
    """A transaction with a snapshot *and* an id: every horizon of the cluster waits for it."""
    await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
    await connection.fetchval("SELECT txid_current()")


async def test_long_transaction_in_the_same_database_does_not_delay_the_feed(
    database: Database, database_url: str
) -> None:
    async with session(database_url) as busy, session(database_url) as listener:
        await _hold_everything(busy)
        await busy.execute("INSERT INTO change_pending (topic, object_id, kind, at) VALUES ('t', 'open', 'k', now())")
        rung = await _arrival(listener)
        async with running(Sequencer(database_url).run()):
            await commit(database, "prompt")
            assert await asyncio.wait_for(rung, 5) == "1"
        assert await feed(database) == [(1, "prompt")]
        assert await busy.fetchval("SELECT count(*) FROM change_feed") == 0


async def test_whoever_publishes_rings_so_that_nobody_has_to_look(database: Database, database_url: str) -> None:
    async with session(database_url) as listener:
        first = await _arrival(listener)
        async with running(Sequencer(database_url, poll_s=3_600).run()):
            await commit(database, "before the first look, or behind it")
            await asyncio.wait_for(first, 5)
            second = await _arrival(listener)
            await commit(database, "rung")
            assert await asyncio.wait_for(second, 5) == "2"


@pytest.mark.slow
async def test_long_transaction_in_another_database_does_not_delay_the_feed(
    server: TestServer, database: Database, database_url: str
) -> None:
    async with server.clone() as foreign, session(foreign) as busy, session(database_url) as listener:
        await _hold_everything(busy)
        rung = await _arrival(listener)
        async with running(Sequencer(database_url).run()):
            await commit(database, "prompt")
            assert await asyncio.wait_for(rung, 5) == "1"
        assert await busy.fetchval("SELECT txid_current_if_assigned() IS NOT NULL")


async def test_sequencer_goes_on_after_its_connection_is_killed(
    server: TestServer, database: Database, database_url: str
) -> None:
    async with session(database_url) as listener, running(Sequencer(database_url).run()):
        first = await _arrival(listener)
        await commit(database, "before")
        assert await asyncio.wait_for(first, 5) == "1"
        killed = await listener.fetchval(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
            " WHERE application_name = 'contacthub-sequencer' AND datname = current_database()"
        )
        assert killed == 1
        second = await _arrival(listener)
        await commit(database, "after")
        assert await asyncio.wait_for(second, 5) == "2"
    assert await feed(database) == [(1, "before"), (2, "after")]


async def test_another_sequencer_takes_over_from_one_that_ended(database: Database, database_url: str) -> None:
    async with session(database_url) as listener:
        async with running(Sequencer(database_url).run()):
            first = await _arrival(listener)
            await commit(database, "one")
            assert await asyncio.wait_for(first, 5) == "1"
        async with running(Sequencer(database_url).run()):
            second = await _arrival(listener)
            await commit(database, "two")
            assert await asyncio.wait_for(second, 5) == "2"
