"""Whoever goes away while his connection is opened takes nothing with him."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from hub.errors import Transient
from hub.store.engine import Database
from hub.store.prepared import PreparedReads


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
