"""Schedules: one firing for each time in its zone, under any number of schedulers, late ones by policy."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text

from hub.errors import Invalid
from hub.records.lanes import MisfirePolicy, OverlapPolicy
from hub.store.engine import Database
from hub.work.decisions import Done
from hub.work.fire import fire_due
from hub.work.rhythm import firings, next_firing
from hub.work.schedule import NewSchedule, upsert_schedule
from hub.work.tables import Dispatch, Queue, WorkState
from tests.waiting import until
from tests.work.bench import START, Bench, Script

AMSTERDAM = "Europe/Amsterdam"
HOUR = timedelta(hours=1)


def utc(day: str, time: str) -> datetime:
    return datetime.fromisoformat(f"{day}T{time}:00+00:00")


def one_by_one(cron: str, after: datetime, count: int) -> list[datetime]:
    found = [after]
    for _ in range(count):
        found.append(next_firing(cron, AMSTERDAM, found[-1]))
    return found[1:]


@pytest.mark.parametrize(
    ("cron", "after", "expected"),
    [
        # 2026-03-29: 02:00 becomes 03:00 (01:00 UTC). The skipped 02:30 fires when the clocks resume.
        ("30 2 * * *", utc("2026-03-28", "12:00"), [utc("2026-03-29", "01:00"), utc("2026-03-30", "00:30")]),
        ("0 6 * * *", utc("2026-03-28", "04:59"), [utc("2026-03-28", "05:00"), utc("2026-03-29", "04:00")]),
        ("0 * * * *", utc("2026-03-29", "00:00"), [utc("2026-03-29", "01:00"), utc("2026-03-29", "02:00")]),
        # 2026-10-25: 03:00 becomes 02:00 (01:00 UTC). The repeated 02:30 fires once, an hourly one in both hours.
        ("30 2 * * *", utc("2026-10-24", "12:00"), [utc("2026-10-25", "00:30"), utc("2026-10-26", "01:30")]),
        ("0 * * * *", utc("2026-10-24", "23:00"), [utc("2026-10-25", "00:00"), utc("2026-10-25", "01:00")]),
        ("0 6 * * MON", utc("2026-10-19", "05:00"), [utc("2026-10-26", "05:00"), utc("2026-11-02", "05:00")]),
    ],
)
def test_firings_across_summer_time(cron: str, after: datetime, expected: list[datetime]) -> None:
    assert one_by_one(cron, after, 2) == expected
    assert list(islice(firings(cron, AMSTERDAM, after), 2)) == expected


@given(
    after=st.datetimes(datetime(2026, 10, 24), datetime(2026, 10, 27), timezones=st.just(UTC)),
    cron=st.sampled_from(["45 2 * * *", "*/7 * * * *", "0 3 * * *", "15 2,3 * * *", "59 1 * * *"]),
)
def test_next_firing_always_lies_ahead(after: datetime, cron: str) -> None:
    assert next_firing(cron, AMSTERDAM, after) > after


@pytest.mark.parametrize(
    ("cron", "time_zone", "path"),
    [
        ("61 * * * *", AMSTERDAM, ("cron",)),
        ("every day", AMSTERDAM, ("cron",)),
        ("0 0 30 2 *", AMSTERDAM, ("cron",)),
        ("0 0 * * *", "Europe/Atlantis", ("time_zone",)),
        ("0 0 * * *", "../etc/passwd", ("time_zone",)),
    ],
)
def test_rhythm_that_cannot_be_kept_is_refused(cron: str, time_zone: str, path: tuple[str, ...]) -> None:
    with pytest.raises(Invalid) as refused:
        next_firing(cron, time_zone, START)
    assert refused.value.path == path


def hourly(
    misfire: MisfirePolicy = MisfirePolicy.RUN_ONCE,
    overlap: OverlapPolicy = OverlapPolicy.SKIP,
    cron: str = "0 * * * *",
) -> NewSchedule:
    return NewSchedule("pull", "test", Queue.REALTIME, cron, AMSTERDAM, {"flow": "customers"}, misfire, overlap)


async def declare(database: Database, schedule: NewSchedule, now: datetime) -> None:
    async with database.transaction() as connection:
        await upsert_schedule(connection, schedule, now)


async def fire(database: Database, now: datetime) -> list[int]:
    async with database.transaction() as connection:
        return await fire_due(connection, now)


async def scheduled(database: Database) -> list[object]:
    """`scheduled_for` of every firing, in order of dispatch."""
    async with database.reading() as connection:
        payloads = await connection.scalars(select(Dispatch.payload).order_by(Dispatch.id))
        return [payload["scheduled_for"] for payload in payloads]


async def test_firing_is_ordered_with_its_time(quiet_bench: Bench) -> None:
    await declare(quiet_bench.database, hourly(), START)
    assert await fire(quiet_bench.database, START + HOUR - timedelta(seconds=1)) == []
    [row_id] = await fire(quiet_bench.database, START + HOUR)
    async with quiet_bench.database.reading() as connection:
        row = (await connection.execute(select(Dispatch).where(Dispatch.id == row_id))).one()
    assert (row.kind, row.queue, row.state, row.line) == ("test", "realtime", "READY", None)
    assert row.payload == {"flow": "customers", "scheduled_for": "2026-03-02T10:00:00+00:00"}
    assert row.dedupe_key == "schedule:pull:2026-03-02T10:00:00+00:00"


async def test_racing_schedulers_fire_each_time_once(quiet_bench: Bench) -> None:
    await declare(quiet_bench.database, hourly(overlap=OverlapPolicy.QUEUE), START)
    for hour in range(1, 6):
        fired = await asyncio.gather(*[fire(quiet_bench.database, START + hour * HOUR) for _ in range(6)])
        assert sum(len(ids) for ids in fired) == 1
    assert await scheduled(quiet_bench.database) == [(START + hour * HOUR).isoformat() for hour in range(1, 6)]


async def test_missed_firings_are_made_good_by_one(quiet_bench: Bench) -> None:
    await declare(quiet_bench.database, hourly(MisfirePolicy.RUN_ONCE), START)
    assert len(await fire(quiet_bench.database, START + timedelta(hours=5, minutes=30))) == 1
    assert await fire(quiet_bench.database, START + timedelta(hours=5, minutes=59)) == []
    assert await scheduled(quiet_bench.database) == [(START + HOUR).isoformat()]


async def test_missed_firings_are_skipped_where_they_make_no_sense(quiet_bench: Bench) -> None:
    await declare(quiet_bench.database, hourly(MisfirePolicy.SKIP), START)
    assert await fire(quiet_bench.database, START + timedelta(hours=5, minutes=30)) == []
    assert len(await fire(quiet_bench.database, START + timedelta(hours=6, minutes=4))) == 1
    assert await scheduled(quiet_bench.database) == [(START + 6 * HOUR).isoformat()]


async def test_firing_during_the_previous_one_is_left_out(quiet_bench: Bench) -> None:
    await declare(quiet_bench.database, hourly(overlap=OverlapPolicy.SKIP), START)
    first = await fire(quiet_bench.database, START + HOUR)
    assert await fire(quiet_bench.database, START + 2 * HOUR) == []
    async with quiet_bench.worker(Script(Done()).registered()):
        quiet_bench.time.now = START + 2 * HOUR
        await quiet_bench.reach(WorkState.DONE, *first)
    assert len(await fire(quiet_bench.database, START + 3 * HOUR)) == 1
    assert await scheduled(quiet_bench.database) == [(START + hour * HOUR).isoformat() for hour in (1, 3)]


async def test_firing_during_the_previous_one_is_lined_up(quiet_bench: Bench) -> None:
    await declare(quiet_bench.database, hourly(overlap=OverlapPolicy.QUEUE), START)
    ids = await fire(quiet_bench.database, START + HOUR) + await fire(quiet_bench.database, START + 2 * HOUR)
    assert await quiet_bench.states(*ids) == [WorkState.READY, WorkState.WAITING]


async def test_declaring_again_keeps_the_next_time_unless_the_rhythm_changed(quiet_bench: Bench) -> None:
    async def next_run_at() -> object:
        async with quiet_bench.database.reading() as connection:
            return await connection.scalar(text("SELECT next_run_at FROM schedule"))

    await declare(quiet_bench.database, hourly(), START)
    await declare(quiet_bench.database, hourly(), START + 3 * HOUR)
    assert await next_run_at() == START + HOUR
    await declare(quiet_bench.database, hourly(cron="30 * * * *"), START + 3 * HOUR)
    assert await next_run_at() == START + 3 * HOUR + timedelta(minutes=30)


async def test_worker_fires_what_is_due(quiet_bench: Bench) -> None:
    script = Script(Done())
    await declare(quiet_bench.database, hourly(), START)
    async with quiet_bench.worker(script.registered()):
        quiet_bench.time.pass_by(hours=1)

        async def called() -> bool:
            return bool(script.calls)

        await until(called, 30)
    assert [work.payload["scheduled_for"] for work in script.calls] == ["2026-03-02T10:00:00+00:00"]
