"""Pages of one run overlap: the cursor skips none, their errors come in order, and a cut-over gets its turn."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.closure import lock_identifiers
from hub.customers.identifiers import id_of
from hub.exchange.outbound_flow import flow_to
from hub.flows.in_flight import PagesInFlight, Turn
from hub.flows.lane import fence
from hub.flows.run_lane import run_lane
from hub.flows.start_run import start_run
from hub.migration.lanes import lock_flow
from hub.records.identity import Entity, FlowName
from hub.records.lanes import FlowCadence, LaneMode
from hub.store.engine import Database
from tests.flows.building import at, declare_flow, golden_state
from tests.flows.engine import CRM, declared, queued_run, room_over, state_of
from tests.flows.outbound import OUT, declare_outbound
from tests.flows.test_run_lane import filled
from tests.waiting import until


async def cursors(database: Database) -> int:
    async with database.reading() as connection:
        return await connection.scalar(text("SELECT count(*) FROM lane_cursor")) or 0


async def waits(database: Database, count: int) -> bool:
    """Whether so many statements of this database wait for a lock."""
    async with database.reading() as connection:
        waiting = await connection.scalar(
            text(
                """SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'"""
            )
        )
    return bool(waiting == count)


async def test_a_crash_while_the_first_page_waits_and_those_behind_are_in_repeats_and_skips_nothing(
    database: Database,
) -> None:
    await declared(database)
    room = room_over(database, filled(30), page_size=10)
    run_id = await queued_run(database)
    async with database.engine.begin() as holder:
        await lock_identifiers(holder, [id_of("crm", "1")])
        crashing = asyncio.create_task(run_lane(room, run_id))

        async def those_behind_are_in() -> bool:
            return len(await golden_state(database)) == 20

        await until(those_behind_are_in, what="the second and third page are in")
        assert await cursors(database) == 0
        crashing.cancel()
        with suppress(asyncio.CancelledError):
            await crashing
        assert await cursors(database) == 0
    counters = await run_lane(room, run_id)
    assert (counters["read"], counters["created"], counters["unchanged"]) == (30, 10, 20)
    assert len(await golden_state(database)) == 30


async def test_pages_that_overlap_leave_what_one_after_the_other_leaves(database: Database) -> None:
    await declared(database)
    store = filled(40)
    room = room_over(database, store, page_size=4)
    counters = await run_lane(room, await queued_run(database))
    assert (counters["read"], counters["created"]) == (40, 40)
    names = [row[0] for row in await golden_state(database)]
    assert len(names) == 40


async def test_an_error_is_raised_in_its_pages_turn_and_gives_up_those_behind() -> None:
    kept: list[int] = []
    gate = asyncio.Event()

    def page(number: int, error: str | None = None) -> Callable[[Turn], Awaitable[None]]:
        async def keep(turn: Turn) -> None:
            if error:
                raise ValueError(error)
            if number == 1:
                await gate.wait()
            await turn.wait()
            kept.append(number)

        return keep

    async def fly() -> None:
        async with PagesInFlight(at_once=3) as flight:
            await flight.add(page(1))
            await flight.add(page(2, "second"))
            await flight.add(page(3))
            await asyncio.sleep(0)
            gate.set()

    with pytest.raises(ValueError, match="second"):
        await fly()
    assert kept == [1]


async def test_an_error_of_the_reader_waits_for_the_pages_under_way() -> None:
    kept: list[int] = []

    async def keep(turn: Turn) -> None:
        await asyncio.sleep(0)
        kept.append(1)

    async def fly() -> None:
        async with PagesInFlight() as flight:
            await flight.add(keep)
            raise ValueError("unreadable")

    with pytest.raises(ValueError, match="unreadable"):
        await fly()
    assert kept == [1]


Hold = Callable[[AsyncConnection], Awaitable[object]]


async def inbound(database: Database) -> tuple[str, Hold]:
    """A flow into the hub, and what a page of it does first."""
    lane = await declare_flow(database, "crm")
    return lane.flow, lambda connection: fence(connection, lane)


async def outbound(database: Database) -> tuple[str, Hold]:
    """A flow from the hub, and what whoever wants something of its target does first."""
    await declare_outbound(database, {FlowCadence.WEEKLY: LaneMode.AUTHORITATIVE})
    return OUT, lambda connection: flow_to(connection, CRM, Entity.CUSTOMER)


@pytest.mark.parametrize("direction", [inbound, outbound])
async def test_a_cut_over_stands_before_everybody_who_comes_after_it(
    database: Database, direction: Callable[[Database], Awaitable[tuple[str, Hold]]]
) -> None:
    flow, hold = await direction(database)
    order: list[str] = []

    async def page(connection: AsyncConnection) -> None:
        await hold(connection)
        order.append("page")

    async def behind() -> None:
        async with database.transaction() as connection:
            await page(connection)

    async def cut_over() -> None:
        async with database.transaction() as connection:
            await lock_flow(connection, flow)
            order.append("cut-over")

    async with database.engine.begin() as in_hand:
        await page(in_hand)
        moving = asyncio.create_task(cut_over())
        await until(lambda: waits(database, 1), what="the cut-over waits")
        coming = [asyncio.create_task(behind()) for _ in range(2)]
        await until(lambda: waits(database, 3), what="the pages wait behind it")
    await asyncio.gather(moving, *coming)
    assert order == ["page", "cut-over", "page", "page"]


async def test_a_run_is_started_while_pages_of_another_are_in_hand(database: Database) -> None:
    lane = await declare_flow(database, "crm")
    async with database.engine.begin() as in_hand:
        await fence(in_hand, lane)
        async with database.transaction() as connection:
            await connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            run_id = await start_run(connection, FlowName(lane.flow), at(0))
    assert await state_of(database, run_id) == "QUEUED"


async def test_of_two_starts_at_once_the_second_finds_the_run_of_the_first(database: Database) -> None:
    lane = await declare_flow(database, "crm")

    async def started(number: int) -> UUID:
        async with database.transaction() as connection:
            return await start_run(connection, FlowName(lane.flow), at(number))

    async with database.transaction() as connection:
        first = await start_run(connection, FlowName(lane.flow), at(0))
        second = asyncio.create_task(started(1))
        await until(lambda: waits(database, 1), what="the second start waits")
    assert await second == first
