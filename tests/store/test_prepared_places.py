"""Whoever goes away while his connection is opened takes nothing with him."""

from __future__ import annotations

import asyncio
import contextlib

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
