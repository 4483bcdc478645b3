"""Stuck work: seen, counted, tried again, settled, and finished work forgotten."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import text

from hub.work.counts import WorkCount, counts
from hub.work.dead_letters import StuckWork, dead_letters
from hub.work.decisions import Dead, Decision, Done, Park, Unknown
from hub.work.forget import KEPT, forget
from hub.work.requeue import requeue, settle
from hub.work.tables import Queue, WorkState
from tests.work.bench import START, Bench, realtime
from tests.work.test_dispatch import end, take_one

R, W = WorkState.READY, WorkState.WAITING


async def stuck(bench: Bench, decision: Decision, line: str | None = None) -> int:
    """The id of a row that came to `decision`."""
    [row_id] = await bench.order(realtime(line))
    assert await end(bench.database, await take_one(bench.database), decision)
    return row_id


async def test_counts_tell_all_but_what_is_done(quiet_bench: Bench) -> None:
    await stuck(quiet_bench, Done())
    await stuck(quiet_bench, Dead("GONE", "deleted"))
    await stuck(quiet_bench, Park("breaker open"), "a")
    await quiet_bench.order(realtime("a"), realtime("b"), realtime())
    async with quiet_bench.database.reading() as connection:
        assert await counts(connection) == [
            WorkCount(Queue.REALTIME, WorkState.DEAD, 1, START),
            WorkCount(Queue.REALTIME, WorkState.PARKED, 1, START),
            WorkCount(Queue.REALTIME, WorkState.READY, 2, START),
            WorkCount(Queue.REALTIME, WorkState.WAITING, 1, START),
        ]


async def test_dead_letters_come_page_by_page_with_their_reason(quiet_bench: Bench) -> None:
    await stuck(quiet_bench, Done())
    dead = await stuck(quiet_bench, Dead("GONE", "deleted"), "a")
    unknown = await stuck(quiet_bench, Unknown("no answer"))
    async with quiet_bench.database.reading() as connection:
        [first] = await dead_letters(connection, limit=1)
        rest = await dead_letters(connection, after_id=first.id)
        of_line = await dead_letters(connection, StuckWork(line="a"))
        parked = await dead_letters(connection, StuckWork(states={WorkState.PARKED}))
    assert (first.id, first.state, first.code, first.message, first.payload) == (
        dead,
        WorkState.DEAD,
        "GONE",
        "deleted",
        {"ref": "1"},
    )
    assert [letter.id for letter in rest] == [unknown]
    assert of_line == [first]
    assert parked == []


async def test_requeued_work_has_all_attempts_before_it(quiet_bench: Bench) -> None:
    ids = [
        await stuck(quiet_bench, Dead("GONE", "deleted")),
        await stuck(quiet_bench, Unknown("no answer"), "a"),
        await stuck(quiet_bench, Park("breaker open"), "b"),
        await stuck(quiet_bench, Done()),
    ]
    async with quiet_bench.database.transaction() as connection:
        assert len(await requeue(connection, ids, START)) == 3
    assert [(row.state, row.attempts) for row in await quiet_bench.rows(ids)] == [
        (R, 0),
        (R, 0),
        (R, 0),
        (WorkState.DONE, 1),
    ]


async def test_requeued_dead_letter_joins_its_line_again(quiet_bench: Bench) -> None:
    dead = await stuck(quiet_bench, Dead("GONE", "deleted"), "a")
    [head] = await quiet_bench.order(realtime("a"))
    async with quiet_bench.database.transaction() as connection:
        await requeue(connection, [dead], START)
    assert await quiet_bench.states(dead, head) == [W, R]
    await end(quiet_bench.database, await take_one(quiet_bench.database), Done())
    assert await quiet_bench.states(dead, head) == [R, WorkState.DONE]


async def test_settled_unknown_lets_its_line_move_on(quiet_bench: Bench) -> None:
    happened = await stuck(quiet_bench, Unknown("no answer"), "a")
    given_up = await stuck(quiet_bench, Unknown("no answer"), "b")
    behind = await quiet_bench.order(realtime("a"), realtime("b"))
    async with quiet_bench.database.transaction() as connection:
        assert await settle(connection, [happened, behind[0]], Done(), START) == 1
        assert await settle(connection, [given_up], Dead("ABANDONED", "by mia"), START) == 1
    assert await quiet_bench.states(happened, given_up, *behind) == [WorkState.DONE, WorkState.DEAD, R, R]


async def test_finished_work_is_forgotten_after_its_time_and_dead_letters_never(quiet_bench: Bench) -> None:
    done = await stuck(quiet_bench, Done(), "a")
    dead = await stuck(quiet_bench, Dead("GONE", "deleted"), "b")
    async with quiet_bench.database.transaction() as connection:
        assert await forget(connection, START + KEPT) == 0
        assert await forget(connection, START + KEPT + timedelta(seconds=1)) == 1
    async with quiet_bench.database.reading() as connection:
        assert list(await connection.scalars(text("SELECT id FROM dispatch"))) == [dead]
        assert await connection.scalar(text("SELECT count(*) FROM dispatch_line")) == 0
    assert done != dead
