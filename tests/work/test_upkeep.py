"""Upkeep comes round by its schedule, in batches, and goes on with what it did not finish."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.entrypoints.upkeep import UPKEEP, turns
from hub.settings.contact import DEFAULT_CONTACT
from hub.settings.find_channels import NOTHING_OUTBOUND
from hub.settings.leads import NO_LEADS
from hub.settings.privacy import KeepDays
from hub.store.keys import KeyRing
from hub.work.decisions import Done
from hub.work.rhythm import next_firing
from hub.work.schedule import upsert_schedule
from hub.work.tables import Queue
from hub.work.upkeep import TURNS_AT_MOST, Upkeep, upkeep_handlers
from hub.work.work import Work
from tests.flows.building import RULES
from tests.waiting import until
from tests.work.bench import START, Bench

SWEEP = Upkeep("sweep-yard", "*/10 * * * *", batch=3)
THREADS = {Queue.SYSTEM: 1}


class Leaves:
    """Rows to be handled, and the sizes and times of the turns that did."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.turns: list[tuple[int, datetime]] = []

    async def __call__(self, connection: AsyncConnection, now: datetime, limit: int) -> int:
        found = min(limit, self.count)
        self.count -= found
        self.turns.append((found, now))
        return found


def work() -> Work:
    return Work(1, SWEEP.kind, Queue.SYSTEM, None, {}, 1, "me", {})


async def test_it_comes_round_when_its_time_has_come(quiet_bench: Bench) -> None:
    leaves = Leaves(7)
    async with quiet_bench.database.transaction() as connection:
        await upsert_schedule(connection, SWEEP.schedule, quiet_bench.time())
    handlers = upkeep_handlers({SWEEP: leaves}, quiet_bench.database, quiet_bench.time)
    async with quiet_bench.worker(handlers, THREADS):
        quiet_bench.time.pass_by(minutes=10)

        async def done() -> bool:
            async with quiet_bench.database.reading() as connection:
                return bool(await connection.scalar(text("SELECT count(*) = 1 FROM dispatch WHERE state = 'DONE'")))

        await until(done, 30, "the round")
    assert leaves.turns == [(found, quiet_bench.time()) for found in (3, 3, 1)]


async def test_a_backlog_does_not_keep_the_thread_for_itself(quiet_bench: Bench) -> None:
    leaves = Leaves(10_000)
    handlers = upkeep_handlers({SWEEP: leaves}, quiet_bench.database, quiet_bench.time)
    assert await handlers[SWEEP.kind].handler(work()) == Done()
    assert leaves.count == 10_000 - 3 * TURNS_AT_MOST


def test_every_chore_of_the_hub_has_a_turn_and_a_rhythm() -> None:
    given = (KeyRing(b"k" * 32), DEFAULT_CONTACT, NOTHING_OUTBOUND, RULES.recognition, NO_LEADS, KeepDays())
    assert tuple(turns(*given)) == UPKEEP
    for upkeep in UPKEEP:
        assert next_firing(upkeep.cron, "UTC", START) > START


async def test_a_stopping_worker_ends_the_round_after_a_turn(quiet_bench: Bench) -> None:
    leaves = Leaves(10_000)
    handlers = upkeep_handlers({SWEEP: leaves}, quiet_bench.database, quiet_bench.time, lambda: True)
    assert await handlers[SWEEP.kind].handler(work()) == Done()
    assert len(leaves.turns) == 1
