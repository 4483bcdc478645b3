"""Schedules of lanes follow the modes in the database, not those in the file."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from hub.errors import Transient
from hub.exchange.authority import AFTER_CUT_OVERS
from hub.flows.declare import PAGES_END_WITHIN_MS, declare_flows
from hub.flows.handlers import EngineHandlers
from hub.flows.lane import LaneContext, fence
from hub.flows.schedules import START, declare_schedules, enable_schedules
from hub.records.identity import Entity, FlowName
from hub.records.lanes import FlowCadence, LaneMode, OverlapPolicy
from hub.settings.flows import HUB, Flow, Lane
from hub.store.engine import Database
from hub.work.decisions import Done
from hub.work.fire import fire_due
from hub.work.tables import Queue
from hub.work.work import Work
from tests.flows.engine import CRM, FLOW
from tests.flows.roads import company
from tests.flows.test_run_lane import filled
from tests.waiting import until

MONDAY, TUESDAY = datetime(2026, 3, 2, 12, tzinfo=UTC), datetime(2026, 3, 3, 12, tzinfo=UTC)
DECLARED = Flow(
    FLOW,
    2,
    "Customers",
    Entity.CUSTOMER,
    CRM,
    HUB,
    (
        Lane(cadence=FlowCadence.WEEKLY, mode=LaneMode.AUTHORITATIVE, cron="0 6 * * 1"),
        Lane(cadence=FlowCadence.DAILY, mode=LaneMode.STANDBY, cron="0 3 * * *"),
        Lane(cadence=FlowCadence.HOURLY, mode=LaneMode.RETIRED, cron="0 * * * *"),
    ),
    (),
)


async def declared(database: Database) -> None:
    async with database.transaction() as connection:
        await declare_flows(connection, [DECLARED], [])
        await declare_schedules(connection, [DECLARED], MONDAY)


async def schedules(database: Database) -> dict[str, bool]:
    async with database.reading() as connection:
        return {row.name: row.enabled for row in await connection.execute(text("SELECT name, enabled FROM schedule"))}


async def cut_over(database: Database, now: datetime) -> None:
    """Swap weekly and daily, as a migration does."""
    async with database.transaction() as connection:
        for cadence, mode in (("WEEKLY", "VERIFY"), ("DAILY", "AUTHORITATIVE")):
            await connection.execute(
                text("UPDATE lane SET mode = :mode WHERE cadence = :cadence"), {"mode": mode, "cadence": cadence}
            )
        await enable_schedules(connection, FLOW, now)


async def test_lanes_that_run_are_scheduled_and_no_others(database: Database) -> None:
    await declared(database)
    assert await schedules(database) == {
        "lane:crm-customer:WEEKLY": True,
        "lane:crm-customer:DAILY": False,
        "lane:crm-customer:HOURLY": False,
    }


async def test_a_schedule_follows_its_lanes_mode_and_counts_from_then(database: Database) -> None:
    await declared(database)
    await cut_over(database, TUESDAY)
    assert await schedules(database) == {
        "lane:crm-customer:WEEKLY": True,
        "lane:crm-customer:DAILY": True,
        "lane:crm-customer:HOURLY": False,
    }
    async with database.reading() as connection:
        due = await connection.scalar(text("SELECT next_run_at FROM schedule WHERE name = 'lane:crm-customer:DAILY'"))
    assert due == datetime(2026, 3, 4, 3, tzinfo=UTC)


async def test_declaring_again_keeps_what_a_migration_changed(database: Database) -> None:
    await declared(database)
    await cut_over(database, TUESDAY)
    before = await schedules(database)
    await declared(database)
    assert await schedules(database) == before


async def test_declaring_again_waits_for_no_page_in_hand(database: Database) -> None:
    await declared(database)
    async with database.transaction() as page:
        await page.execute(text("SELECT FROM information_flow FOR SHARE"))
        async with database.transaction() as connection:
            await connection.execute(text("SET LOCAL lock_timeout = '5s'"))
            await declare_flows(connection, [DECLARED], [])


async def test_a_changed_flow_is_declared_between_pages_that_overlap(database: Database) -> None:
    """Each page comes before the one ahead has gone, so that without a line there is never none."""
    await declared(database)
    lane = LaneContext(
        FLOW, await _lane(database), 1, "crm", Entity.CUSTOMER, None, LaneMode.AUTHORITATIVE, FlowCadence.WEEKLY
    )
    async with database.engine.begin() as first:
        await fence(first, lane)
        declaring = asyncio.create_task(_declare_changed(database))
        await until(lambda: _waits(database, 1), what="the declaration waits for the page in hand")
        async with database.engine.begin() as second:
            behind = asyncio.create_task(fence(second, lane))
            await until(lambda: _waits(database, 2), what="the next page stands behind it")
            await first.rollback()
            await declaring
            await behind


async def test_a_page_that_never_ends_keeps_nobody_from_knowing_why(
    database: Database,
) -> None:
    await declared(database)
    async with database.transaction() as page:
        await page.execute(text(f"SELECT {AFTER_CUT_OVERS}"), {"flow": FLOW})
        with pytest.raises(Transient, match=f"flow {FLOW} was changed in hub.yaml and has a page in hand"):
            await _declare_changed(database, within_ms=20)


async def _declare_changed(database: Database, within_ms: int = PAGES_END_WITHIN_MS) -> None:
    async with database.transaction() as connection:
        await declare_flows(connection, [replace(DECLARED, title="Other words")], [], within_ms)


async def _lane(database: Database) -> int:
    async with database.reading() as connection:
        return await connection.scalar(text("SELECT id FROM lane WHERE mode = 'AUTHORITATIVE'")) or 0


async def _waits(database: Database, count: int) -> bool:
    async with database.reading() as connection:
        waiting = await connection.scalar(
            text(
                """SELECT count(*) FROM pg_stat_activity
                   WHERE datname = current_database() AND wait_event_type = 'Lock'"""
            )
        )
    return bool(waiting == count)


async def test_what_the_file_changed_about_a_flow_is_declared(database: Database) -> None:
    await declared(database)
    async with database.transaction() as connection:
        await declare_flows(connection, [replace(DECLARED, prerequisites=(FlowName("orders"),))], [])
        found = await connection.scalar(text("SELECT prerequisites FROM information_flow"))
    assert found == ["orders"]


async def test_a_firing_starts_its_own_lane(database: Database) -> None:
    firm = await company(database, filled(1))
    work = _fired(FlowCadence.DAILY)
    assert await EngineHandlers(firm.room).start(work) == Done()
    async with database.reading() as connection:
        assert (await connection.scalars(text("SELECT lane_id FROM flow_run"))).all() == [firm.lanes[FlowCadence.DAILY]]


@pytest.mark.parametrize(("overlap", "waiting"), [(OverlapPolicy.SKIP, 0), (OverlapPolicy.QUEUE, 1)])
async def test_what_fires_while_a_run_is_under_way_waits_behind_it_or_is_left_out(
    database: Database, overlap: OverlapPolicy, waiting: int
) -> None:
    firm = await company(database, filled(1))
    flow = firm.room.flow(FLOW)
    lanes = tuple(lane.model_copy(update={"overlap": overlap}) for lane in flow.lanes)
    handlers = EngineHandlers(replace(firm.room, flows={FLOW: replace(flow, lanes=lanes)}))
    await handlers.start(_fired(FlowCadence.DAILY))
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE flow_run SET state = 'RUNNING'"))
        await connection.execute(text("UPDATE dispatch SET state = 'RUNNING'"))
    for scheduled_for in (TUESDAY, TUESDAY + timedelta(days=1)):
        await handlers.start(_fired(FlowCadence.DAILY, scheduled_for))
    async with database.reading() as connection:
        queued = "SELECT count(*) FROM flow_run r JOIN dispatch d ON d.payload->>'run' = r.id::text"
        found = await connection.scalar(text(f"{queued} WHERE r.state = 'QUEUED' AND d.state = 'WAITING'"))
        assert (found, await connection.scalar(text("SELECT count(*) FROM flow_run"))) == (waiting, 1 + waiting)


async def test_a_firing_of_a_lane_that_came_to_rest_is_no_trouble(database: Database) -> None:
    firm = await company(database, filled(1))
    await firm.set_mode(FlowCadence.DAILY, LaneMode.STANDBY)
    assert await EngineHandlers(firm.room).start(_fired(FlowCadence.DAILY)) == Done()
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM flow_run")) == 0


async def test_a_firing_in_the_moment_of_a_cut_over_is_no_trouble(database: Database) -> None:
    firm = await company(database, filled(1))
    async with database.transaction() as connection:
        await connection.execute(text("SELECT FROM information_flow FOR UPDATE"))
        firing = asyncio.create_task(EngineHandlers(firm.room).start(_fired(FlowCadence.DAILY)))
        await until(lambda: _waits_for_the_flow(database), what="the firing waits for the flow")
        await connection.execute(
            text("UPDATE lane SET mode = 'STANDBY' WHERE id = :lane"), {"lane": firm.lanes[FlowCadence.DAILY]}
        )
    assert await firing == Done()
    async with database.reading() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM flow_run")) == 0


async def _waits_for_the_flow(database: Database) -> bool:
    statement = """SELECT count(*) FROM pg_stat_activity
        WHERE wait_event_type = 'Lock' AND datname = current_database() AND query LIKE '%information_flow%'"""
    async with database.reading() as connection:
        return bool(await connection.scalar(text(statement)))


async def test_a_due_schedule_names_its_lane(database: Database) -> None:
    await declared(database)
    async with database.transaction() as connection:
        await fire_due(connection, datetime(2026, 3, 9, 6, 1, tzinfo=UTC))
        payload = await connection.scalar(text("SELECT payload FROM dispatch"))
    assert payload == {"flow": FLOW, "cadence": "WEEKLY", "scheduled_for": "2026-03-09T06:00:00+00:00"}


def _fired(cadence: FlowCadence, scheduled_for: datetime = MONDAY) -> Work:
    payload = {"flow": FLOW, "cadence": cadence.value, "scheduled_for": scheduled_for.isoformat()}
    return Work(1, START, Queue.SYSTEM, None, payload, 1, "me", {})
