"""A worker on each broker: what a handler answers becomes of its row; messages may be lost, repeated or wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text
from structlog.contextvars import get_contextvars

from hub.errors import Rejected, Unauthorised
from hub.observe.context import bind_context
from hub.work.decisions import Dead, Decision, Done, Park, RetryAt, Unknown
from hub.work.tables import Queue, WorkState
from hub.work.work import NewWork, RegisteredHandler, Work
from tests.work.bench import START, Bench, Row, Script, realtime

pytestmark = pytest.mark.slow


async def test_ordered_work_is_done_once(bench: Bench) -> None:
    script = Script(Done())
    async with bench.worker(script.registered()):
        [row_id] = await bench.order(NewWork("test", Queue.REALTIME, {"command": "c-1"}))
        [row] = await bench.reach(WorkState.DONE, row_id)
    assert row == Row(WorkState.DONE, 1, None, None)
    assert [(work.id, work.kind, work.queue, work.payload, work.attempts) for work in script.calls] == [
        (row_id, "test", Queue.REALTIME, {"command": "c-1"}, 1)
    ]


async def test_every_queue_runs(bench: Bench) -> None:
    script = Script(Done())
    async with bench.worker(script.registered(), dict.fromkeys(Queue, 1)):
        ids = await bench.order(*[NewWork("test", queue) for queue in Queue])
        await bench.reach(WorkState.DONE, *ids)
    assert {work.queue for work in script.calls} == set(Queue)


async def test_workers_take_from_the_queues_they_were_given_and_no_others(bench: Bench) -> None:
    fast, slow = Script(Done()), Script(Done())
    async with bench.worker(fast.registered(), {Queue.REALTIME: 1}):
        ids = await bench.order(*[NewWork("test", queue) for queue in (Queue.WEEKLY, Queue.REALTIME) * 3])
        await bench.reach(WorkState.DONE, *ids[1::2])
        assert await bench.states(*ids[::2]) == [WorkState.READY] * 3
        async with bench.worker(slow.registered(), {Queue.WEEKLY: 1}):
            await bench.reach(WorkState.DONE, *ids)
    assert [work.queue for work in fast.calls + slow.calls] == [Queue.REALTIME] * 3 + [Queue.WEEKLY] * 3


async def test_retry_waits_for_its_time(bench: Bench) -> None:
    script = Script(RetryAt(START + timedelta(minutes=5), "busy"), Done())
    async with bench.worker(script.registered()):
        [row_id] = await bench.order(realtime())
        assert await bench.tried(row_id) == Row(WorkState.READY, 1, "UNAVAILABLE", "busy")
        bench.time.pass_by(minutes=5)
        [row] = await bench.reach(WorkState.DONE, row_id)
    assert row == Row(WorkState.DONE, 2, None, None)


@pytest.mark.parametrize(
    ("outcome", "row"),
    [
        (Park("the breaker of crm is open"), Row(WorkState.PARKED, 1, "PARKED", "the breaker of crm is open")),
        (Dead("GONE", "the party was deleted"), Row(WorkState.DEAD, 1, "GONE", "the party was deleted")),
        (Unknown("the answer never came"), Row(WorkState.UNKNOWN, 1, "UNKNOWN", "the answer never came")),
        (Rejected("crm said no"), Row(WorkState.DEAD, 1, "REJECTED", "crm said no")),
        (Unauthorised("crm refused the login"), Row(WorkState.PARKED, 1, "UNAUTHORISED", "crm refused the login")),
    ],
)
async def test_outcome_stands_in_the_row(quiet_bench: Bench, outcome: Decision | Exception, row: Row) -> None:
    async with quiet_bench.worker(Script(outcome).registered()):
        [row_id] = await quiet_bench.order(realtime())
        assert await quiet_bench.tried(row_id) == row


async def test_unexpected_error_is_retried_where_repeating_is_safe(quiet_bench: Bench) -> None:
    script = Script(ZeroDivisionError("secret of a customer"))
    async with quiet_bench.worker(script.registered(repeatable=True)):
        [row_id] = await quiet_bench.order(realtime())
        assert await quiet_bench.tried(row_id) == Row(WorkState.READY, 1, "INTERNAL", "ZeroDivisionError")


async def test_unexpected_error_is_unknown_where_repeating_is_not_safe(quiet_bench: Bench) -> None:
    script = Script(ZeroDivisionError("secret of a customer"))
    async with quiet_bench.worker(script.registered(repeatable=False)):
        [row_id] = await quiet_bench.order(realtime())
        row = await quiet_bench.tried(row_id)
    assert row == Row(WorkState.UNKNOWN, 1, "UNKNOWN", "ended by ZeroDivisionError")


async def test_work_without_a_handler_is_parked(quiet_bench: Bench) -> None:
    async with quiet_bench.worker({}):
        [row_id] = await quiet_bench.order(realtime())
        row = await quiet_bench.tried(row_id)
    assert row == Row(WorkState.PARKED, 1, "NO_HANDLER", "no handler for test in this version")


async def test_repeated_and_unknown_messages_change_nothing(bench: Bench) -> None:
    script = Script(Done())
    worker = bench.worker(script.registered(), {Queue.REALTIME: 1})
    async with worker:
        [row_id] = await bench.order(realtime())
        [before] = await bench.reach(WorkState.DONE, row_id)
        message = worker.broker.get_actor("work.realtime").message
        for named in (row_id, row_id, 4_000_000_000):
            worker.broker.enqueue(message(named))
        [later_id] = await bench.order(realtime())  # with one thread, it runs after those messages
        await bench.reach(WorkState.DONE, later_id)
    assert await bench.rows([row_id]) == [before]
    assert [work.id for work in script.calls] == [row_id, later_id]


async def test_lost_message_is_sent_again(bench: Bench) -> None:
    [row_id] = await bench.order(realtime())
    async with bench.database.transaction() as connection:
        await connection.execute(
            text("UPDATE dispatch SET state = 'SENT', sent_at = :now, lease_owner = 'a process that died'"),
            {"now": bench.time()},
        )
    script = Script(Done())
    async with bench.worker(script.registered()):
        bench.time.pass_by(seconds=61)
        [row] = await bench.reach(WorkState.DONE, row_id)
    assert row.attempts == 1


async def test_context_of_whoever_ordered_reaches_the_handler(quiet_bench: Bench) -> None:
    seen: list[object] = []

    async def look(_work: Work) -> Decision:
        seen.append({key: get_contextvars().get(key) for key in ("request_id", "flow")})
        return Done()

    async with quiet_bench.worker({"test": RegisteredHandler(look, repeatable=True)}):
        with bind_context(request_id="r-7"):
            [row_id] = await quiet_bench.order(NewWork("test", Queue.REALTIME, context={"flow": "customers"}))
        await quiet_bench.reach(WorkState.DONE, row_id)
    assert seen == [{"request_id": "r-7", "flow": "customers"}]
