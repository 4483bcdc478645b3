"""Ordering work: with the deed or not at all, once per dedupe key, one at a time in a line."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from hub.store.engine import Database
from hub.work.claim import claim_ready, claim_sent
from hub.work.decisions import Dead, Decision, Done, Park, RetryAt, Unknown
from hub.work.dispatch import dispatch
from hub.work.record import record
from hub.work.tables import Queue, WorkState
from hub.work.work import NewWork, Work
from tests.waiting import until
from tests.work.bench import START, Bench, Script, realtime

R, W = WorkState.READY, WorkState.WAITING
HANDLERS = Script(Done()).registered()


async def take_one(database: Database) -> Work:
    """Claim the one ready row as a process called "me"."""
    async with database.transaction() as connection:
        [(_, row_id, _)] = await claim_ready(connection, "me", {Queue.REALTIME: 1}, START)
        work = await claim_sent(connection, row_id, "me", HANDLERS, START)
    assert isinstance(work, Work)
    return work


async def end(database: Database, work: Work, decision: Decision) -> bool:
    async with database.transaction() as connection:
        return await record(connection, work, decision, START)


async def test_rolled_back_deed_takes_its_work_along(quiet_bench: Bench) -> None:
    async with quiet_bench.database.engine.connect() as connection:
        [row_id] = await dispatch(connection, [realtime("a")], START)
        await connection.rollback()
    async with quiet_bench.database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM dispatch WHERE id = :id"), {"id": row_id}) == 0
    assert await quiet_bench.states(*await quiet_bench.order(realtime("a"))) == [R]


async def test_second_order_under_a_key_is_none(quiet_bench: Bench) -> None:
    first = await quiet_bench.order(realtime(dedupe_key="k"))
    assert await quiet_bench.order(realtime(dedupe_key="k"), realtime(dedupe_key="l")) == [first[0] + 2]
    assert await quiet_bench.order(realtime(dedupe_key="k")) == []


async def test_only_the_head_of_a_line_is_ready(quiet_bench: Bench) -> None:
    ids = await quiet_bench.order(realtime("a"), realtime("b"), realtime("a"), realtime())
    ids += await quiet_bench.order(realtime("a"), realtime("b"))
    assert await quiet_bench.states(*ids) == [R, R, W, R, W, W]


async def test_line_whose_first_order_is_a_duplicate_still_gets_a_head(quiet_bench: Bench) -> None:
    await quiet_bench.order(realtime("other", dedupe_key="k"))
    ids = await quiet_bench.order(realtime("a", dedupe_key="k"), realtime("a"), realtime("a"))
    assert await quiet_bench.states(*ids) == [R, W]


@pytest.mark.parametrize(
    ("decision", "states"),
    [
        (Done(), [WorkState.DONE, R, W]),
        (Dead("GONE", "deleted"), [WorkState.DEAD, R, W]),
        (RetryAt(START + timedelta(hours=1), "busy"), [R, W, W]),
        (Park("breaker open"), [WorkState.PARKED, W, W]),
        (Unknown("no answer"), [WorkState.UNKNOWN, W, W]),
    ],
)
async def test_line_moves_on_only_behind_what_is_over(
    quiet_bench: Bench, decision: Decision, states: list[WorkState]
) -> None:
    ids = await quiet_bench.order(realtime("a"), realtime("a"), realtime("a"))
    assert await end(quiet_bench.database, await take_one(quiet_bench.database), decision)
    assert await quiet_bench.states(*ids) == states


async def test_attempt_that_was_taken_away_says_nothing_any_more(quiet_bench: Bench) -> None:
    [row_id] = await quiet_bench.order(realtime())
    first = await take_one(quiet_bench.database)
    await end(quiet_bench.database, first, RetryAt(START, "lost"))
    await take_one(quiet_bench.database)
    assert not await end(quiet_bench.database, first, Dead("LATE", "of the first attempt"))
    assert await quiet_bench.states(row_id) == [WorkState.RUNNING]


async def test_head_waits_for_who_joins_its_line_and_then_brings_him_forward(quiet_bench: Bench) -> None:
    await quiet_bench.order(realtime("a"))
    head = await take_one(quiet_bench.database)
    async with quiet_bench.database.transaction() as connection:
        [joining] = await dispatch(connection, [realtime("a")], START)
        finishing = asyncio.create_task(end(quiet_bench.database, head, Done()))
        await until(lambda: someone_waits(quiet_bench.database), what="the head's finish waiting for the line")
        assert not finishing.done()
    assert await finishing
    assert await quiet_bench.states(head.id, joining) == [WorkState.DONE, R]


async def test_who_joins_waits_for_the_head_that_leaves_and_then_goes_first(quiet_bench: Bench) -> None:
    await quiet_bench.order(realtime("a"))
    head = await take_one(quiet_bench.database)
    async with quiet_bench.database.transaction() as connection:
        assert await record(connection, head, Done(), START)
        joining = asyncio.create_task(quiet_bench.order(realtime("a")))
        await until(lambda: someone_waits(quiet_bench.database), what="the order waiting for the line")
    assert await quiet_bench.states(head.id, *await joining) == [WorkState.DONE, R]


async def someone_waits(database: Database) -> bool:
    """Whether a backend of this database waits for a lock."""
    async with database.reading() as connection:
        return bool(
            await connection.scalar(
                text(
                    """SELECT count(*) FROM pg_stat_activity
                       WHERE datname = current_database() AND wait_event_type = 'Lock'"""
                )
            )
        )


async def test_window_bounds_what_is_in_flight(quiet_bench: Bench) -> None:
    ids = await quiet_bench.order(*[realtime() for _ in range(5)])
    async with quiet_bench.database.transaction() as connection:
        first = await claim_ready(connection, "me", {Queue.REALTIME: 3}, START)
        again = await claim_ready(connection, "me", {Queue.REALTIME: 3}, START)
        other = await claim_ready(connection, "another", {Queue.REALTIME: 3}, START)
    assert [row_id for _, row_id, _ in first] == ids[:3]
    assert again == []
    assert [row_id for _, row_id, _ in other] == ids[3:]


async def test_claim_goes_by_priority_then_time_then_order(quiet_bench: Bench) -> None:
    def at(minutes: int, priority: int) -> NewWork:
        return NewWork("test", Queue.REALTIME, priority=priority, ready_at=START - timedelta(minutes=minutes))

    ids = await quiet_bench.order(at(0, 1), at(9, 1), at(0, 0), at(9, 1), at(-1, 0))
    async with quiet_bench.database.transaction() as connection:
        claimed = await claim_ready(connection, "me", {Queue.REALTIME: 10}, START)
    assert [row_id for _, row_id, _ in claimed] == [ids[2], ids[1], ids[3], ids[0]]
