"""Work that waits for something goes on when it comes, and looks for itself if nobody told it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hub.errors import Suspended, Throttled
from hub.work.decisions import Done, Park, RetryAt, decide, waiting_for
from hub.work.record import LONGEST_WAIT
from hub.work.release import release, release_overdue
from hub.work.tables import WorkState
from tests.work.bench import START, Bench, Row, Script, realtime
from tests.work.test_dispatch import end, take_one

PARK = Park("crm does not answer", "SYSTEM_SUSPENDED", waiting_for("crm"))


@pytest.mark.parametrize("attempts", [1, 1_000_000])
def test_no_number_of_attempts_ends_work_that_was_not_let_through(attempts: int) -> None:
    assert decide(Throttled("the budget is spent", 40), attempts, START) == RetryAt(
        START + timedelta(seconds=40), "the budget is spent", "THROTTLED"
    )
    suspended = Suspended("crm")
    assert decide(suspended, attempts, START) == Park(suspended.message, "SYSTEM_SUSPENDED", "system:crm")


async def parked(bench: Bench, park: Park, line: str | None = None) -> int:
    [row_id] = await bench.order(realtime(line))
    assert await end(bench.database, await take_one(bench.database), park)
    return row_id


async def test_what_waits_goes_on_in_its_order_and_nothing_overtakes_it(quiet_bench: Bench) -> None:
    first = await parked(quiet_bench, PARK, "a")
    second = await parked(quiet_bench, PARK, "b")
    [behind] = await quiet_bench.order(realtime("a"))
    third = await parked(quiet_bench, PARK)
    person = await parked(quiet_bench, Park("a login was refused", "UNAUTHORISED"))
    script = Script(Done())
    async with quiet_bench.worker(script.registered(), {realtime().queue: 1}):
        async with quiet_bench.database.transaction() as connection:
            assert await release(connection, "system:crm", quiet_bench.time()) == 3
        await quiet_bench.reach(WorkState.DONE, first, second, third, behind)
    assert [work.id for work in script.calls] == [first, second, third, behind]
    assert await quiet_bench.rows([person]) == [Row(WorkState.PARKED, 1, "UNAUTHORISED", "a login was refused")]


async def test_what_waits_for_another_system_stays(quiet_bench: Bench) -> None:
    row_id = await parked(quiet_bench, PARK)
    async with quiet_bench.database.transaction() as connection:
        assert await release(connection, "system:lms", quiet_bench.time()) == 0
    assert await quiet_bench.states(row_id) == [WorkState.PARKED]


async def test_work_parked_just_after_the_release_looks_for_itself(quiet_bench: Bench) -> None:
    waiting = await parked(quiet_bench, PARK)
    person = await parked(quiet_bench, Park("a login was refused", "UNAUTHORISED"))
    async with quiet_bench.database.transaction() as connection:
        assert await release_overdue(connection, START + LONGEST_WAIT - timedelta(seconds=1)) == 0
        assert await release_overdue(connection, START + LONGEST_WAIT) == 1
    assert await quiet_bench.states(waiting, person) == [WorkState.READY, WorkState.PARKED]
