"""A bulk run under real-time work that waits: smaller steps, rests, a least progress, and its row says so.

Nothing sleeps here: the room's pause tells the test and returns.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from hub.errors import Transient
from hub.flows.engine_room import EngineRoom
from hub.flows.give_way import LONGEST_REST_S, LOOK_S, Throttle
from hub.flows.run_lane import run_lane
from hub.store.engine import Database
from hub.work.claim import REALTIME_LATE
from hub.work.dispatch import dispatch
from hub.work.tables import Queue
from hub.work.urgency import Urgency, under_urgency
from hub.work.work import NewWork
from tests.flows.building import at, golden_state
from tests.flows.engine import declared, queued_run, room_over, state_of
from tests.flows.test_run_lane import filled

NOW = at(20_000)


async def waiting(database: Database, *, late: bool) -> None:
    """Real-time work that nobody takes."""
    ready_at = NOW - REALTIME_LATE * 2 if late else NOW
    async with database.transaction() as connection:
        await dispatch(connection, [NewWork("test", Queue.REALTIME, ready_at=ready_at)], NOW)


async def taken(database: Database) -> None:
    """All of it is done, and a while ago."""
    async with database.transaction() as connection:
        await connection.execute(
            text("UPDATE dispatch SET state = 'DONE', finished_at = :at"), {"at": NOW - timedelta(minutes=1)}
        )


@dataclass
class Watch:
    """At each pause: its seconds, how many customers are in, and whether the run says that it makes way."""

    database: Database
    run_id: UUID
    looks: list[tuple[int, bool]] = field(default_factory=list)
    rests: list[float] = field(default_factory=list)
    taken_after: int | None = None

    async def pause(self, seconds: float) -> None:
        if seconds != LOOK_S:
            self.rests.append(seconds)
            return
        async with self.database.reading() as connection:
            told = await connection.scalar(
                text("SELECT giving_way_since IS NOT NULL FROM flow_run WHERE id = :id"), {"id": self.run_id}
            )
        self.looks.append((len(await golden_state(self.database)), bool(told)))
        if len(self.looks) == self.taken_after:
            await taken(self.database)


async def bulk(database: Database, records: int) -> tuple[EngineRoom, Watch]:
    await declared(database)
    watch = Watch(database, await queued_run(database))
    return replace(room_over(database, filled(records)), pause=watch.pause, bulk_step_every_s=4 * LOOK_S), watch


async def test_under_lag_a_run_takes_a_small_step_at_each_interval_and_says_so(database: Database) -> None:
    room, watch = await bulk(database, 120)
    await waiting(database, late=True)
    with under_urgency(Urgency.BULK):
        counters = await run_lane(room, watch.run_id)
    assert watch.looks == [(0, True)] * 4 + [(50, True)] * 4 + [(100, True)] * 4
    assert (counters["read"], counters["created"]) == (120, 120)
    assert await state_of(database, watch.run_id) == "COMPLETED"
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT giving_way_since FROM flow_run")) is None


async def test_a_run_goes_on_with_whole_pages_once_nobody_waits(database: Database) -> None:
    room, watch = await bulk(database, 300)
    await waiting(database, late=True)
    watch.taken_after = 6
    with under_urgency(Urgency.BULK):
        await run_lane(room, watch.run_id)
    assert watch.looks == [(0, True)] * 4 + [(50, True)] * 2
    assert len(await golden_state(database)) == 300


async def test_beside_real_time_work_that_is_not_late_steps_grow_and_each_is_rested_after(database: Database) -> None:
    room, watch = await bulk(database, 350)
    await waiting(database, late=False)
    with under_urgency(Urgency.BULK):
        await run_lane(room, watch.run_id)
    assert watch.looks == []
    assert len(watch.rests) == 2, "between steps of 100, 200 and 50"
    assert all(0 < rest_s <= LONGEST_REST_S for rest_s in watch.rests)


async def test_a_rest_is_as_long_as_the_step_but_no_longer_than_half_a_second(database: Database) -> None:
    room, watch = await bulk(database, 1)
    await waiting(database, late=False)
    clock = iter([10.0, 10.2, 20.0, 23.0, 30.0, 30.1])
    throttle = Throttle(room, uuid4(), lambda: False, timer=lambda: next(clock))
    with under_urgency(Urgency.BULK):
        for _ in range(3):
            async with throttle.step():
                pass
    assert watch.rests == [pytest.approx(0.2), LONGEST_REST_S]


async def test_steps_go_one_at_a_time_beside_real_time_work_and_together_without(database: Database) -> None:
    room, watch = await bulk(database, 1)
    throttle = Throttle(room, watch.run_id, lambda: False)
    both = asyncio.Barrier(2)

    async def meets() -> None:
        async with throttle.step():
            await both.wait()

    with under_urgency(Urgency.BULK):
        await asyncio.gather(meets(), meets())
        await waiting(database, late=False)
        async with throttle.step() as first:
            second = asyncio.create_task(meets())
            await asyncio.sleep(0)
            assert (first, both.n_waiting) == (100, 0)
        second.cancel()


async def test_a_person_who_waits_for_a_run_makes_way_for_nobody(database: Database) -> None:
    room, watch = await bulk(database, 120)
    await waiting(database, late=True)
    await run_lane(room, watch.run_id)
    assert (watch.looks, watch.rests) == ([], [])


async def test_a_run_that_is_stopped_within_a_page_repeats_it_and_loses_nothing(database: Database) -> None:
    room, watch = await bulk(database, 120)
    await waiting(database, late=True)
    with under_urgency(Urgency.BULK), pytest.raises(Transient):
        await run_lane(room, watch.run_id, stopping=lambda: len(watch.looks) > 5)
    assert (await state_of(database, watch.run_id), len(await golden_state(database))) == ("INTERRUPTED", 100)
    counters = await run_lane(room, watch.run_id)
    assert (counters["created"], counters["unchanged"]) == (20, 100)
    assert len(await golden_state(database)) == 120
