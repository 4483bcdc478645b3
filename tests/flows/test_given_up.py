"""Work that is given up ends its run: the lane is free at once, and a person can still have the run tried again."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from adapters.memory.store import MemoryStore
from hub.flows.engine_room import EngineRoom
from hub.flows.handlers import EngineHandlers
from hub.flows.runs import keep_seen
from hub.flows.start_run import start_run
from hub.flows.stuck_work import WorkVerdict, retry_work, settle_work
from hub.ports.pages import PullPage
from hub.records.identity import Entity, FlowName
from hub.records.source import JsonObject
from hub.store.engine import Database
from hub.work.actor import Actor
from hub.work.claim import claim_ready
from hub.work.decisions import OTHER_ATTEMPTS, TRANSIENT_ATTEMPTS
from hub.work.doorbell import Bell
from hub.work.leases import Leases
from hub.work.sweep import sweep_expired
from hub.work.tables import Queue
from tests.flows.building import at
from tests.flows.engine import CRM, FLOW, declared, room_over, state_of
from tests.flows.outbound import WatchedPort, commands, declare_outbound, outbound_room, work_off
from tests.flows.test_create import REAL_TIME, wanted
from tests.flows.test_run_lane import filled

NOW = at(20_000)


async def rows(database: Database, statement: str) -> list[tuple[Any, ...]]:
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


async def execute(database: Database, statement: str) -> None:
    async with database.transaction() as connection:
        await connection.execute(text(statement))


async def started(database: Database, seconds: int = 0) -> UUID:
    """A run of the lane, or the one that is under way."""
    async with database.transaction() as connection:
        return await start_run(connection, FlowName(FLOW), NOW + timedelta(seconds=seconds))


async def attempted(room: EngineRoom, attempts_before: int) -> None:
    """What a worker does with the run's row, after so many attempts in vain."""
    database, handlers = room.database, EngineHandlers(room).registered()
    await execute(database, f"UPDATE dispatch SET attempts = {attempts_before}")
    async with database.transaction() as connection:
        [(_, row_id, _)] = await claim_ready(connection, "test", dict.fromkeys(Queue, 1), NOW)
    await Actor(database, handlers, "test", lambda: NOW, Leases(), Bell()).run(row_id)


async def company(database: Database) -> tuple[EngineRoom, MemoryStore]:
    await declared(database)
    store = filled(5)
    return room_over(database, store, page_size=2), store


async def retried(database: Database) -> None:
    async with database.transaction() as connection:
        ids = (await connection.execute(text("SELECT id FROM dispatch WHERE state = 'DEAD'"))).scalars()
        assert await retry_work(connection, list(ids), "mia", NOW) == 1


async def test_a_run_that_was_tried_too_often_frees_its_lane_and_a_person_can_retry_it(database: Database) -> None:
    room, store = await company(database)
    given_up = await started(database)
    store.stop()
    await attempted(room, TRANSIENT_ATTEMPTS - 2)
    assert await state_of(database, given_up) == "INTERRUPTED"
    await execute(database, "UPDATE dispatch SET ready_at = created_at")
    await attempted(room, TRANSIENT_ATTEMPTS - 1)
    assert await rows(database, "SELECT state FROM dispatch") == [("DEAD",)]
    assert await rows(database, "SELECT state, error_code FROM flow_run") == [("FAILED", "UNAVAILABLE")]
    store.start()
    following = await started(database, 60)
    assert following != given_up
    await retried(database)
    await work_off(room)
    assert [await state_of(database, run) for run in (given_up, following)] == ["COMPLETED", "COMPLETED"]
    assert await rows(database, "SELECT count(*) FROM customer WHERE NOT deleted") == [(5,)]


async def test_a_run_that_fails_unexpectedly_ends_with_its_last_attempt(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    room, _ = await company(database)
    run = await started(database)

    async def broken(entity: Entity, cursor: JsonObject, limit: int) -> PullPage:
        raise RuntimeError("a customer's name")

    monkeypatch.setattr(room.systems.port(CRM), "pull", broken)
    await attempted(room, OTHER_ATTEMPTS - 1)
    assert await state_of(database, run) == "FAILED"
    assert "name" not in str(await rows(database, "SELECT error_message FROM flow_run"))


async def lost(room: EngineRoom) -> None:
    """The process that runs the row is gone for the last time that is forgiven; a sweeper finds out."""
    await execute(
        room.database, f"UPDATE dispatch SET state = 'RUNNING', attempts = {OTHER_ATTEMPTS}, lease_owner = 'gone'"
    )
    async with room.database.transaction() as connection:
        await connection.execute(text("UPDATE dispatch SET lease_until = :at"), {"at": NOW - timedelta(seconds=1)})
    assert await sweep_expired(room.database, EngineHandlers(room).registered(), NOW) == 1


async def test_a_run_whose_workers_were_lost_too_often_ends_with_the_ids_it_met(database: Database) -> None:
    room, _ = await company(database)
    run = await started(database)
    async with database.transaction() as connection:
        await keep_seen(connection, run, ["1", "2"])
    await lost(room)
    assert await rows(database, "SELECT state, error_code FROM flow_run") == [("FAILED", "WORKER_LOST")]
    assert await rows(database, "SELECT count(*) FROM run_seen") == [(0,)]
    assert await started(database, 60) != run


async def test_two_sweepers_end_it_once_and_an_attempt_that_came_after_is_left_alone(database: Database) -> None:
    room, _ = await company(database)
    run = await started(database)
    await execute(database, "UPDATE flow_run SET state = 'RUNNING'")
    handlers = EngineHandlers(room).registered()
    await execute(database, f"UPDATE dispatch SET state = 'RUNNING', attempts = {OTHER_ATTEMPTS}, lease_owner = 'gone'")
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE dispatch SET lease_until = :at"), {"at": NOW + timedelta(seconds=15)})
    assert await sweep_expired(database, handlers, NOW) == 0
    assert await state_of(database, run) == "RUNNING"
    swept = await asyncio.gather(*[sweep_expired(database, handlers, NOW + timedelta(minutes=1)) for _ in range(2)])
    assert (sum(swept), await state_of(database, run)) == (1, "FAILED")


@pytest.mark.parametrize("verdict", [WorkVerdict.DONE, WorkVerdict.NOT_DONE])
async def test_a_run_whose_parked_work_a_person_settled_frees_its_lane(
    database: Database, verdict: WorkVerdict
) -> None:
    room, _ = await company(database)
    run = await started(database)
    await execute(database, "UPDATE dispatch SET state = 'PARKED'")
    await execute(database, "UPDATE flow_run SET state = 'INTERRUPTED'")
    async with database.transaction() as connection:
        ids = list((await connection.execute(text("SELECT id FROM dispatch"))).scalars())
        await settle_work(connection, ids, verdict, "the package is gone", "mia", NOW)
    assert await rows(database, "SELECT state, error_code FROM flow_run") == [("FAILED", verdict.value)]
    assert await started(database, 60) != run
    await work_off(room)
    assert await rows(database, "SELECT count(*) FROM customer") == [(5,)]


async def test_a_run_whose_work_is_done_is_not_tried_again_and_its_lane_stays_free(database: Database) -> None:
    room, _ = await company(database)
    overtaken = await started(database)
    await execute(database, "UPDATE dispatch SET state = 'DONE'")
    await execute(database, "UPDATE flow_run SET state = 'FAILED', error_code = 'STALE_EPOCH'")
    async with database.transaction() as connection:
        ids = list((await connection.execute(text("SELECT id FROM dispatch"))).scalars())
        assert await retry_work(connection, ids, "mia", NOW) == 0
    assert await state_of(database, overtaken) == "FAILED"
    following = await started(database, 60)
    await work_off(room)
    assert await state_of(database, following) == "COMPLETED"


@pytest.mark.parametrize(("left", "state"), [(True, "UNKNOWN"), (False, "DEAD")])
async def test_a_command_whose_workers_were_lost_too_often_ends_as_what_is_known_of_it(
    database: Database, left: bool, state: str
) -> None:
    await declare_outbound(database, REAL_TIME)
    port = WatchedPort(MemoryStore())
    room = outbound_room(database, port, REAL_TIME)
    await wanted(database)
    if left:
        await work_off(room)
        await execute(database, "UPDATE outbound_command SET state = 'SENT', external_id = NULL")
    await lost(room)
    [command] = await commands(database)
    assert (command.state, command.outcome_code) == (state, "WORKER_LOST")
    assert await rows(database, "SELECT state FROM dispatch") == [("DEAD",)]
    await retried(database)
    await work_off(room)
    [command] = await commands(database)
    assert (command.state, command.external_id, port.batches) == ("DONE", "1", [1])
