"""Whoever goes away while his connection is opened takes nothing with him."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from sqlalchemy import text

from hub.errors import Transient
from hub.store.engine import Database
from hub.store.prepared import PreparedReads
from tests.waiting import until

OURS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


async def cancelled_after(reads: PreparedReads, turns: int) -> None:
    """A read that is given up after so many turns of the loop, unless it has ended by then."""
    reading = asyncio.create_task(reads.fetch("SELECT 1", ()))
    for _ in range(turns):
        await asyncio.sleep(0)
    reading.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await reading


async def test_a_read_given_up_at_any_moment_leaves_its_place_to_the_next(database: Database) -> None:
    reads = PreparedReads(database.engine, 1)
    for turns in range(0, 200, 5):
        await cancelled_after(reads, turns)
        await database.engine.dispose()
    async with asyncio.timeout(10):
        rows = await reads.fetch("SELECT 7", ())
    assert [tuple(row) for row in rows] == [(7,)]
    await reads.aclose()


async def test_those_who_wait_come_in_turn_and_one_who_leaves_holds_nobody_up(database: Database) -> None:
    reads = PreparedReads(database.engine, 1)
    first, *others = [asyncio.create_task(reads.fetch("SELECT 1", ())) for _ in range(6)]
    await asyncio.sleep(0)
    others[1].cancel()
    first.add_done_callback(lambda _: others[0].cancel())  # in the turn in which it may be given what is free
    async with asyncio.timeout(10):
        rows = [await first, *[await each for each in others[2:]]]
    assert [len(each) for each in rows] == [1, 1, 1, 1]
    assert others[1].cancelled()
    await reads.aclose()


async def test_who_waits_too_long_is_told_to_try_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.store.prepared.WAIT_S", 0.01)
    reads = PreparedReads(database.engine, 1)
    slow = asyncio.create_task(reads.fetch("SELECT pg_sleep(0.2)", ()))
    await asyncio.sleep(0)
    with pytest.raises(Transient):
        await reads.fetch("SELECT 1", ())
    await slow
    assert [tuple(row) for row in await reads.fetch("SELECT 2", ())] == [(2,)]
    await reads.aclose()


async def ended(database: Database, condition: str) -> int:
    """How many of the connections to this database were ended."""
    async with database.reading() as connection:
        rows = await connection.execute(text(f"SELECT pg_terminate_backend(pid) {OURS} AND {condition}"))
        return len(rows.all())


async def test_nobody_is_told_that_the_database_was_started_again(database: Database) -> None:
    opened: list[None] = []
    reads = PreparedReads(database.engine, 4, lambda: opened.append(None))
    many = [reads.fetch("SELECT count(*) FROM pg_class", ()) for _ in range(4)]
    assert len(await asyncio.gather(*many)) == 4
    assert await ended(database, "query LIKE 'SELECT count(*) FROM pg_class'") == 4
    assert [tuple(row) for _ in range(8) for row in await reads.fetch("SELECT 7", ())] == [(7,)] * 8
    assert len(opened) == 5, "the idle ones were not tried one after the other"
    await reads.aclose()


async def test_a_read_that_is_cut_off_is_asked_for_once_more(database: Database) -> None:
    reads = PreparedReads(database.engine, 1)
    seen: list[int] = []

    async def another_waits() -> bool:
        async with database.reading() as connection:
            found = (await connection.execute(text(f"SELECT pid {OURS} AND wait_event = 'advisory'"))).scalars()
            new = [pid for pid in found if pid not in seen]
        seen.extend(new)
        return bool(new)

    async def begun_and_cut_off(times: int) -> asyncio.Task[list[object]]:
        reading = asyncio.create_task(reads.fetch("SELECT pg_advisory_xact_lock_shared(4711)", ()))
        for _ in range(times):
            await until(another_waits, 10, "the read to wait")
            assert not reading.done()
            assert await ended(database, f"pid = {seen[-1]}") == 1
        return reading

    async with database.reading() as holder:
        await holder.execute(text("SELECT pg_advisory_xact_lock(4711)"))
        with pytest.raises(Transient):
            await (await begun_and_cut_off(2))
        reading = await begun_and_cut_off(1)
        await until(another_waits, 10, "the read to wait again")
    assert len(await reading) == 1
    await reads.aclose()


async def test_what_the_engine_still_has_of_before_a_restart_is_passed_over(database: Database) -> None:
    holders = [await database.engine.raw_connection() for _ in range(3)]
    drivers = [holder.driver_connection for holder in holders]
    for holder in holders:
        holder.close()  # back into the pool
    async with database.at_once() as connection:
        await connection.execute(text(f"SELECT pg_terminate_backend(pid) {OURS}"))

    async def closed() -> bool:
        gone = [driver for driver in drivers if driver is not None and driver.is_closed()]
        return len(gone) == 2  # the third ended them

    await until(closed, 10)
    reads = PreparedReads(database.engine, 4)
    rows = await asyncio.gather(*(reads.fetch("SELECT 7", ()) for _ in range(4)))
    assert [tuple(row) for (row,) in rows] == [(7,)] * 4
    await reads.aclose()
