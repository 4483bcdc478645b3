"""Steps that break off, come twice, or are taken by two at once end where one undisturbed step would have ended."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict, NotFound, Transient
from hub.flows.engine_room import EngineRoom
from hub.migration.advance import advance
from hub.migration.comparison import Comparison, Window
from hub.migration.cut_over import cut_over
from hub.migration.decide import abort, approve, pause
from hub.migration.plan import plan
from hub.migration.reconcile import restore
from hub.migration.roll_back import roll_back
from hub.migration.start import start
from hub.records.identity import Entity
from hub.records.migration import MigrationState
from hub.store.engine import Database
from tests.migration.steering import DAILY, FLOW, REAL_TIME, Steered, body, shown, steered

pytestmark = pytest.mark.slow

S = MigrationState
Step = Callable[[AsyncConnection, Steered], Awaitable[object]]


class _Died(Exception):
    """The process is gone."""


async def everything(hub: Steered) -> list[list[tuple[object, ...]]]:
    """Every row that a step of a migration may write."""
    return [
        await hub.rows("SELECT state, evidence_count, approved_by, incumbent_epoch FROM cadence_migration"),
        await hub.rows("SELECT seq, kind FROM migration_evidence ORDER BY seq"),
        await hub.rows("SELECT id, mode, epoch FROM lane ORDER BY id"),
        await hub.rows("SELECT epoch FROM information_flow"),
        await hub.rows("SELECT name, enabled FROM schedule ORDER BY name"),
        await hub.rows("SELECT kind, state FROM dispatch ORDER BY id"),
        await hub.rows("SELECT lane_id, cursor FROM lane_cursor ORDER BY lane_id"),
        await hub.rows("SELECT lane_id, count(*) FROM shadow_record GROUP BY lane_id"),
        await hub.rows("SELECT id, state, epoch FROM flow_run ORDER BY id"),
    ]


async def _approve(connection: AsyncConnection, hub: Steered) -> object:
    digest = (await hub.migration()).evidence_digest.hex()
    return await approve(connection, hub.desk, FLOW, digest, "ben", hub.now)


STEPS: dict[str, tuple[MigrationState | None, Step, MigrationState]] = {
    "plan": (None, lambda c, h: plan(c, h.desk, FLOW, REAL_TIME, "anna", h.now), S.PREFLIGHT),
    "start": (S.PREFLIGHT, lambda c, h: start(c, h.desk, FLOW, "anna", h.now), S.SEEDING),
    "approve": (S.GATED, _approve, S.APPROVED),
    "pause": (S.GATED, lambda c, h: pause(c, FLOW, "ben", h.now), S.PAUSED),
    "abort": (S.GATED, lambda c, h: abort(c, FLOW, "ben", h.now), S.ABORTED),
    "cut over": (S.APPROVED, lambda c, h: cut_over(c, h.desk, FLOW, "ben", h.now), S.CUTTING_OVER),
    "roll back": (S.OBSERVING, lambda c, h: roll_back(c, h.desk, FLOW, "ben", "why", h.now), S.ROLLING_BACK),
}


@pytest.mark.parametrize("name", STEPS)
async def test_a_step_that_dies_before_its_commit_leaves_nothing_and_can_be_taken_again(
    database: Database, name: str
) -> None:
    before_it, step, after_it = STEPS[name]
    hub = await steered(database)
    if before_it is not None:
        await hub.until(before_it)
    before = await everything(hub)
    connection = await database.engine.connect()
    await step(connection, hub)
    await connection.close()
    assert await everything(hub) == before
    async with database.transaction() as connection:
        await step(connection, hub)
    assert await hub.state() is after_it


@pytest.mark.parametrize("name", [name for name in STEPS if name != "plan"])
async def test_a_step_taken_twice_is_refused_the_second_time(database: Database, name: str) -> None:
    before_it, step, after_it = STEPS[name]
    hub = await steered(database)
    assert before_it is not None
    await hub.until(before_it)
    async with database.transaction() as connection:
        await step(connection, hub)
    before = await everything(hub)
    with pytest.raises((Conflict, NotFound)):
        await _again(database, step, hub)
    assert await everything(hub) == before
    assert await hub.state() is after_it


async def _again(database: Database, step: Step, hub: Steered) -> None:
    async with database.transaction() as connection:
        await step(connection, hub)


async def test_a_comparison_that_dies_is_made_again(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.SHADOW)
    await hub.run(DAILY)
    migration = await hub.migration()

    async def dies(
        room: EngineRoom, flow: str, incumbent: int, candidate: int, window: Window, ignore: Collection[str], /
    ) -> Comparison:
        raise _Died

    async with database.transaction() as connection:
        await connection.execute(text("UPDATE flow_run SET source_since = source_since + interval '1 hour'"))
    with pytest.raises(_Died):
        await advance(replace(hub.room, inbound=dies), migration.id)
    assert await hub.rows("SELECT compared_at FROM parity_run") == [(None,)]
    await hub.look()
    assert await hub.rows("SELECT clean FROM parity_run") == [(True,)]


async def test_two_workers_that_compare_the_same_window_keep_it_once(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.SHADOW)
    await hub.run(DAILY)
    migration = await hub.migration()
    both = asyncio.Barrier(2)

    async def slow(
        room: EngineRoom, flow: str, incumbent: int, candidate: int, window: Window, ignore: Collection[str], /
    ) -> Comparison:
        await both.wait()
        return shown(window)

    async with database.transaction() as connection:
        await connection.execute(text("UPDATE flow_run SET source_since = source_since + interval '1 hour'"))
    room = replace(hub.room, inbound=slow)
    await asyncio.gather(advance(room, migration.id), advance(room, migration.id))
    assert await hub.rows("SELECT count(*) FROM migration_evidence WHERE kind = 'WINDOW'") == [(1,)]


async def test_a_restoration_that_breaks_off_goes_on(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.OBSERVING)
    hub.store.put(Entity.CUSTOMER, "1", body("New"))
    await hub.run(REAL_TIME)
    async with database.transaction() as connection:
        await roll_back(connection, hub.desk, FLOW, "ben", "why", hub.now)
    migration = await hub.migration()
    with pytest.raises(Transient, match="goes on later"):
        await restore(hub.room, migration.id, lambda: True)
    assert await hub.state() is S.ROLLING_BACK
    hub.pass_time(timedelta(minutes=1))
    await restore(hub.room, migration.id)
    await restore(hub.room, migration.id)
    assert await hub.rows("SELECT count(*) FROM migration_evidence WHERE kind = 'RESTORED'") == [(1,)]
    await hub.work_off()
    assert await hub.state() is S.ROLLED_BACK


async def test_a_restored_lane_whose_run_failed_says_so_and_ends_with_its_next_run(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.OBSERVING)
    async with database.transaction() as connection:
        await roll_back(connection, hub.desk, FLOW, "ben", "why", hub.now)
        await connection.execute(text("UPDATE flow_run SET state = 'FAILED' WHERE state = 'QUEUED'"))
    await hub.work_off()
    assert (await hub.migration()).problem == "the restored lane has not run yet, or its run failed"
    await hub.run(DAILY)
    await hub.look()
    migration = await hub.migration()
    assert (migration.state, migration.problem) == (S.ROLLED_BACK, None)
