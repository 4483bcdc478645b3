"""A worker that stalled past its lease wakes while another has its run in hand, or has ended it: it changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text

from hub.errors import HubError, Overtaken, Rejected
from hub.flows.lane import lane_of
from hub.flows.run_lane import run_lane
from hub.flows.runs import end_run
from hub.flows.start_run import start_run
from hub.flows.stuck_work import retry_work
from hub.flows.take_in import take_in
from hub.ports.capabilities import Capabilities, PullKind
from hub.ports.pages import PullPage
from hub.records.identity import Entity, ExternalId
from hub.records.lanes import FlowCadence
from hub.records.source import JsonObject, SourceObject
from hub.store.engine import Database
from tests.flows.building import golden_state
from tests.flows.engine import CRM, FLOW
from tests.flows.roads import CUSTOMER, EXPORT, Company, company
from tests.flows.test_lanes import rows
from tests.flows.test_run_lane import filled
from tests.waiting import until

WEEKLY = FlowCadence.WEEKLY
RUN = "SELECT state, error_code, counters FROM flow_run ORDER BY created_at, id"


def stamped_earlier(one: SourceObject) -> list[SourceObject]:
    """Rows of an export that say themselves when they changed: an hour before it was written."""
    return [replace(one, as_of=one.as_of - timedelta(hours=1))]


async def by_file(database: Database, customers: int) -> tuple[Company, UUID]:
    """A weekly export of stamped rows that nothing can read again, and its run, queued."""
    firm = await company(database, filled(customers))
    firm.room.systems.port(CRM).capabilities = {CUSTOMER: Capabilities(pull=PullKind.FULL)}
    firm.export.deliver(timedelta(minutes=10), stamped_earlier)
    async with database.transaction() as connection:
        return firm, await start_run(connection, FLOW, firm.store.clock, cadence=WEEKLY)


@asynccontextmanager
async def stalled(
    firm: Company, run: UUID, monkeypatch: pytest.MonkeyPatch, page: int = 7, fails: HubError | None = None
) -> AsyncIterator[tuple[asyncio.Task[object], asyncio.Event]]:
    """A worker on the run that stands still as it pulls the page that begins there, and what wakes it, to fail then."""
    port, stands, wake = firm.room.systems.port(EXPORT), asyncio.Event(), asyncio.Event()
    pull = port.pull

    async def stand_still(entity: Entity, cursor: JsonObject, limit: int) -> PullPage:
        if cursor["from"] == page and not stands.is_set():
            stands.set()
            await wake.wait()
            if fails is not None:
                raise fails
        return await pull(entity, cursor, limit)

    monkeypatch.setattr(port, "pull", stand_still)
    worker: asyncio.Task[object] = asyncio.create_task(run_lane(firm.room, run))
    await stands.wait()

    async def is_kept() -> bool:
        return bool(await rows(firm.database, "SELECT 1 FROM lane_cursor"))

    await until(is_kept)
    yield worker, wake
    wake.set()
    await asyncio.gather(worker, return_exceptions=True)


async def living(database: Database) -> int:
    return sum(not deleted for _, _, _, deleted, _, _ in await golden_state(database))


async def test_who_wakes_behind_the_end_of_his_run_deletes_nothing_and_moves_no_cursor(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm, run = await by_file(database, 12)
    async with stalled(firm, run, monkeypatch) as (sleeper, wake):
        await run_lane(firm.room, run)
        ended = await rows(database, RUN)
        cursor = await rows(database, "SELECT cursor, run_id, updated_at FROM lane_cursor")
        wake.set()
        with pytest.raises(Overtaken):
            await sleeper
    assert await living(database) == 12
    assert await rows(database, RUN) == ended
    assert [state for state, *_ in ended] == ["COMPLETED"]
    assert await rows(database, "SELECT cursor, run_id, updated_at FROM lane_cursor") == cursor
    assert await rows(database, "SELECT count(*) FROM run_seen") == [(0,)]


async def test_who_wakes_while_another_has_his_run_in_hand_leaves_it_to_him(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm, run = await by_file(database, 19)
    async with (
        stalled(firm, run, monkeypatch) as (first, wake_first),
        stalled(firm, run, monkeypatch, page=14) as (second, wake_second),
    ):
        wake_first.set()
        with pytest.raises(Overtaken):
            await first
        assert [state for state, *_ in await rows(database, RUN)] == ["RUNNING"]
        wake_second.set()
        await second
    assert [state for state, *_ in await rows(database, RUN)] == ["COMPLETED"]
    assert await living(database) == 19


async def test_an_error_of_who_was_left_behind_does_not_end_the_run(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm, run = await by_file(database, 19)
    async with (
        stalled(firm, run, monkeypatch, fails=Rejected("the set is gone")) as (first, wake_first),
        stalled(firm, run, monkeypatch, page=14) as (second, wake_second),
    ):
        wake_first.set()
        with pytest.raises(Rejected):
            await first
        assert [tuple(row)[:2] for row in await rows(database, RUN)] == [("RUNNING", None)]
        wake_second.set()
        await second
    assert [state for state, *_ in await rows(database, RUN)] == ["COMPLETED"]
    assert await living(database) == 19


async def test_a_run_that_a_person_retries_is_not_the_sleepers_any_more(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    firm, run = await by_file(database, 12)
    async with stalled(firm, run, monkeypatch) as (sleeper, wake):
        async with database.transaction() as connection:
            await end_run(connection, run, "FAILED", firm.store.clock, ("WORKER_LOST", "test"))
            given_up = "UPDATE dispatch SET state = 'DEAD', finished_at = now() RETURNING id"
            work = await connection.scalar(text(given_up))
            await retry_work(connection, [work], "mia", firm.store.clock)
        wake.set()
        with pytest.raises(Overtaken):
            await sleeper
    assert [state for state, *_ in await rows(database, RUN)] == ["QUEUED"]


async def test_a_page_of_a_run_that_counts_is_refused_once_the_run_has_ended(database: Database) -> None:
    firm, run = await by_file(database, 1)
    await run_lane(firm.room, run)
    async with database.reading() as connection:
        lane = await lane_of(connection, firm.lanes[WEEKLY], run)
    later = firm.store.clock + timedelta(days=1)
    with pytest.raises(Overtaken, match="taken on by another"):
        await take_in(firm.room, lane, [SourceObject(CUSTOMER, ExternalId("1"), None, later)])
    assert await living(database) == 1
