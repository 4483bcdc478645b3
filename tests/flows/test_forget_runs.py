"""Old runs go, what a lane's lag is told from stays, and a run that nothing will end stops blocking its lane."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.errors import Transient
from hub.flows.forget_runs import ABANDONED_AFTER, KEPT, end_abandoned_runs, forget_runs
from hub.flows.run_lane import run_lane
from hub.flows.runs import keep_seen
from hub.flows.start_run import start_run
from hub.records.identity import FlowName
from hub.store.engine import Database
from tests.flows.building import START
from tests.flows.engine import FLOW, declared, queued_run, room_over, state_of
from tests.flows.test_run_lane import filled

NOW = START + timedelta(days=400)


async def ended(database: Database, age: timedelta, state: str) -> UUID:
    run_id = await queued_run(database, NOW - age)
    async with database.transaction() as connection:
        await connection.execute(
            text("UPDATE flow_run SET state = :state WHERE id = :id"), {"state": state, "id": run_id}
        )
    return run_id


async def left(database: Database) -> set[UUID]:
    async with database.reading() as connection:
        return set((await connection.execute(text("SELECT id FROM flow_run"))).scalars())


async def forget(database: Database, limit: int = 100) -> int:
    async with database.transaction() as connection:
        return await forget_runs(connection, NOW, limit)


async def end_abandoned(database: Database, now: datetime) -> int:
    async with database.transaction() as connection:
        return await end_abandoned_runs(connection, now, 10)


async def test_ended_runs_go_after_a_quarter_and_the_last_complete_one_stays(database: Database) -> None:
    await declared(database)
    day = timedelta(days=1)
    for age in (KEPT + 40 * day, KEPT + 30 * day):
        await ended(database, age, "COMPLETED")
    kept = {
        await ended(database, KEPT + 20 * day, "COMPLETED"),
        await ended(database, KEPT + 10 * day, "FAILED"),
        await ended(database, KEPT + 5 * day, "INTERRUPTED"),
    }
    assert [await forget(database, limit=1) for _ in range(3)] == [1, 1, 0]
    assert await left(database) == kept
    kept = {*kept, await ended(database, KEPT - day, "COMPLETED")}
    assert await forget(database) == 2
    assert {await state_of(database, run_id) for run_id in await left(database)} == {"INTERRUPTED", "COMPLETED"}


async def test_a_run_whose_work_is_dead_ends_after_a_week_and_frees_its_lane(database: Database) -> None:
    await declared(database)
    async with database.transaction() as connection:
        run_id = await start_run(connection, FlowName(FLOW), START)
        await connection.execute(text("UPDATE dispatch SET state = 'DEAD'"))
        await keep_seen(connection, run_id, ["1", "2"])
    assert await end_abandoned(database, START + ABANDONED_AFTER) == 0
    assert await end_abandoned(database, START + ABANDONED_AFTER + timedelta(seconds=1)) == 1
    assert await state_of(database, run_id) == "FAILED"
    async with database.transaction() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM run_seen")) == 0
        assert await connection.scalar(text("SELECT error_code FROM flow_run")) == "ABANDONED"
        assert await start_run(connection, FlowName(FLOW), START + ABANDONED_AFTER) != run_id


async def test_a_run_that_still_has_its_work_is_waited_for(database: Database) -> None:
    await declared(database)
    async with database.transaction() as connection:
        run_id = await start_run(connection, FlowName(FLOW), START)
    store = filled(1)
    store.stop()
    with pytest.raises(Transient):
        await run_lane(room_over(database, store), run_id)
    assert await end_abandoned(database, START + timedelta(days=365)) == 0
    assert await state_of(database, run_id) == "INTERRUPTED"
