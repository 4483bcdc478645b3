"""Lanes beside the authority: they run like it, by the same guard, and touch nothing that counts."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from hub.errors import Invalid, NotFound, Overtaken
from hub.flows.adopt import adopt_fingerprints
from hub.flows.lane import LaneContext, lane_of, running_lanes
from hub.flows.run_lane import run_lane
from hub.flows.runs import RUN_COMPLETED, end_run
from hub.flows.start_run import start_run
from hub.flows.take_in import take_in
from hub.flows.twins import begin_twins, forget_twins, forget_twins_of
from hub.flows.watermark import seeded_at, watermark
from hub.records.identity import Entity, ExternalId
from hub.records.lanes import FlowCadence, LaneMode
from hub.records.source import JsonObject, SourceObject
from hub.store.engine import Database
from tests.flows.building import golden_state
from tests.flows.engine import CRM, FLOW
from tests.flows.roads import CUSTOMER, EXPORT, FAST, Company, company
from tests.flows.test_run_lane import body, filled

WEEKLY, DAILY, REAL_TIME = FlowCadence.WEEKLY, FlowCadence.DAILY, FlowCadence.REAL_TIME


async def rows(database: Database, statement: str) -> list[tuple[object, ...]]:
    async with database.reading() as connection:
        return [tuple(row) for row in await connection.execute(text(statement))]


async def twins(database: Database) -> list[tuple[object, ...]]:
    """Every twin: its id, whether it is deleted, its content."""
    return await rows(
        database, "SELECT external_id, deleted, document->>'name' FROM shadow_record ORDER BY external_id::int"
    )


async def completed(database: Database) -> list[object]:
    told = await rows(database, f"SELECT payload->>'run' FROM dispatch WHERE kind = '{RUN_COMPLETED}' ORDER BY id")
    return [run for (run,) in told]


async def test_a_shadow_fills_twins_and_nothing_golden(database: Database) -> None:
    firm = await company(database, filled(12))
    await firm.run(DAILY)
    assert await golden_state(database) == []
    assert await rows(database, "SELECT count(*) FROM source_record") == [(0,)]
    assert await rows(database, "SELECT count(*) FROM document_version") == [(0,)]
    assert await twins(database) == [(str(n), False, f"Customer {n}") for n in range(1, 13)]
    assert await rows(database, "SELECT count(*) FROM shadow_version WHERE NOT deleted") == [(12,)]


async def test_a_twin_heeds_the_newest_content_and_keeps_each(database: Database) -> None:
    firm = await company(database, filled(1))
    await firm.run(DAILY)
    async with database.reading() as connection:
        lane = await lane_of(connection, firm.lanes[DAILY])
    newest, older = firm.store.clock + timedelta(hours=2), firm.store.clock + timedelta(hours=1)
    for name, stamp in (("Newest", newest), ("Older", older), ("Newest", newest)):
        await take_in(firm.room, lane, [SourceObject(CUSTOMER, ExternalId("1"), {"name": name}, stamp, stamp)])
    assert await twins(database) == [("1", False, "Newest")]
    kept = await rows(database, "SELECT document->>'name' FROM shadow_version ORDER BY id")
    assert kept == [("Customer 1",), ("Newest",)]


async def test_a_deleted_twin_is_found_by_sweep_or_by_a_complete_set(database: Database) -> None:
    firm = await company(database, filled(3))
    firm.room.systems.port(FAST).capabilities = firm.room.systems.port(CRM).capabilities
    await firm.set_mode(WEEKLY, LaneMode.VERIFY)
    await firm.week()
    await firm.run(DAILY)
    firm.store.remove(CUSTOMER, "2")
    await firm.week()
    await firm.run(DAILY)
    gone = "SELECT lane_id, external_id FROM shadow_record WHERE deleted ORDER BY lane_id"
    assert await rows(database, gone) == [(firm.lanes[WEEKLY], "2"), (firm.lanes[DAILY], "2")]
    tombstones = "SELECT lane_id, external_id FROM shadow_version WHERE deleted ORDER BY lane_id"
    assert await rows(database, tombstones) == [(firm.lanes[WEEKLY], "2"), (firm.lanes[DAILY], "2")]


async def test_what_comes_by_another_road_is_the_sources_own(database: Database) -> None:
    firm = await company(database, filled(3))
    await firm.week()
    assert await rows(database, "SELECT DISTINCT system FROM source_record") == [(CRM,)]
    assert [links for links, *_ in await golden_state(database)] == [["crm:1"], ["crm:2"], ["crm:3"]]


async def test_the_source_confirms_what_a_file_no_longer_holds(database: Database) -> None:
    firm = await company(database, filled(3))
    await firm.week()
    await firm.week(lambda one: [] if one.external_id == "2" else [one])
    assert [deleted for _, _, _, deleted, _, _ in await golden_state(database)] == [False, False, False]
    firm.store.remove(CUSTOMER, "2")
    await firm.week()
    assert [deleted for _, _, _, deleted, _, _ in await golden_state(database)] == [False, True, False]


async def test_a_shadow_refusal_is_its_own_and_closes_no_other(database: Database) -> None:
    store = filled(1)
    store.put(CUSTOMER, "2", {"name": "Odd", "level": "x"})
    firm = await company(database, store)
    await firm.week()
    await firm.run(DAILY)
    waiting = "SELECT lane_id FROM quarantine WHERE state = 'OPEN' ORDER BY lane_id"
    assert await rows(database, waiting) == [(firm.lanes[WEEKLY],), (firm.lanes[DAILY],)]
    store.advance(timedelta(hours=1))
    store.put(CUSTOMER, "2", {"name": "Even", "level": "g"})
    await firm.run(DAILY)
    assert await rows(database, waiting) == [(firm.lanes[WEEKLY],)]
    store.put(CUSTOMER, "2", {"name": "Odd again", "level": "y"})
    store.advance(timedelta(hours=1))
    await firm.run(DAILY)
    store.put(CUSTOMER, "2", {"name": "Even", "level": "g"})
    await firm.week()
    assert await rows(database, waiting) == [(firm.lanes[DAILY],)]


async def test_forgotten_twins_leave_nothing_and_the_lane_begins_anew(database: Database) -> None:
    store = filled(3)
    store.put(CUSTOMER, "4", {"name": "Odd", "level": "x"})
    firm = await company(database, store)
    await firm.run(DAILY)
    await firm.set_mode(DAILY, LaneMode.STANDBY)
    async with database.transaction() as connection:
        await forget_twins(connection, firm.lanes[DAILY])
    for table in ("shadow_record", "shadow_version", "lane_cursor"):
        assert await rows(database, f"SELECT count(*) FROM {table}") == [(0,)]
    assert await rows(database, "SELECT DISTINCT state FROM quarantine") == [("SUPERSEDED",)]


async def _swept_again(firm: Company) -> object:
    """The daily lane counts now; how many objects its first sweep reads at the source again."""
    await firm.set_mode(WEEKLY, LaneMode.VERIFY)
    await firm.set_mode(DAILY, LaneMode.AUTHORITATIVE)
    firm.store.advance(timedelta(days=1))
    run = await firm.run(DAILY)
    ((counters,),) = await rows(firm.database, f"SELECT counters FROM flow_run WHERE id = '{run}'")
    assert isinstance(counters, dict)
    return counters.get("reread", 0)


async def test_a_sweep_reads_everything_again_that_came_by_a_file(database: Database) -> None:
    firm = await company(database, filled(6), sweeps=True)
    await firm.hand_over()
    assert await _swept_again(firm) == 6


async def test_what_the_candidate_told_of_the_same_contents_saves_that(database: Database) -> None:
    firm = await company(database, filled(6), sweeps=True)
    await firm.hand_over()
    firm.store.put(CUSTOMER, "3", body("Changed", "c3@example.com"))
    await firm.day()
    async with database.reading() as connection:
        lane = await lane_of(connection, firm.lanes[DAILY])
    assert await adopt_fingerprints(database, lane) == 5
    assert await adopt_fingerprints(database, lane) == 0
    assert await _swept_again(firm) == 0
    assert [name for _, name, *_ in await golden_state(database)][2] == "Changed"


async def test_an_erased_persons_twins_go_with_all_their_versions(database: Database) -> None:
    firm = await company(database, filled(2))
    await firm.run(DAILY)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE subject_key SET wrapped = NULL WHERE subject = '1'"))
        await forget_twins_of(connection, CRM, "1")
    firm.store.advance(timedelta(hours=1))
    firm.store.put(CUSTOMER, "1", body("Customer 1 again", "c1@example.com"))
    await firm.run(DAILY)
    assert await twins(database) == [("2", False, "Customer 2")]
    assert await rows(database, "SELECT external_id FROM shadow_version") == [("2",)]


@pytest.mark.parametrize(
    ("mode", "cadence", "queue"),
    [
        (LaneMode.AUTHORITATIVE, DAILY, "daily"),
        (LaneMode.SHADOW, DAILY, "shadow"),
        (LaneMode.VERIFY, DAILY, "verify"),
    ],
)
async def test_a_run_stands_in_the_queue_of_its_lanes_mode(
    database: Database, mode: LaneMode, cadence: FlowCadence, queue: str
) -> None:
    firm = await company(database, filled(1))
    await firm.set_mode(WEEKLY, LaneMode.STANDBY)
    await firm.set_mode(cadence, mode)
    async with database.transaction() as connection:
        await start_run(connection, FLOW, firm.store.clock, cadence=cadence)
    assert await rows(database, "SELECT queue FROM dispatch") == [(queue,)]


@pytest.mark.parametrize("mode", [LaneMode.STANDBY, LaneMode.RETIRED])
async def test_a_lane_at_rest_does_not_run(database: Database, mode: LaneMode) -> None:
    firm = await company(database, filled(1))
    await firm.set_mode(DAILY, mode)
    async with database.transaction() as connection:
        with pytest.raises(Invalid, match=f"DAILY lane of flow {FLOW} is {mode.value}"):
            await start_run(connection, FLOW, firm.store.clock, cadence=DAILY)
        with pytest.raises(NotFound, match="no REAL_TIME lane"):
            await start_run(connection, FLOW, firm.store.clock, cadence=REAL_TIME)
    assert await rows(database, "SELECT count(*) FROM flow_run") == [(0,)]


async def test_a_run_whose_lane_came_to_rest_meanwhile_fails_and_writes_nothing(database: Database) -> None:
    firm = await company(database, filled(2))
    async with database.transaction() as connection:
        run_id = await start_run(connection, FLOW, firm.store.clock, cadence=DAILY)
    await firm.set_mode(DAILY, LaneMode.STANDBY)
    with pytest.raises(Overtaken, match="is STANDBY by now"):
        await run_lane(firm.room, run_id)
    assert await twins(database) == []


async def test_a_page_of_a_shadow_that_was_given_up_is_refused(database: Database) -> None:
    firm = await company(database, filled(1))
    async with database.reading() as connection:
        lane = await lane_of(connection, firm.lanes[DAILY])
    await firm.set_mode(DAILY, LaneMode.STANDBY)
    with pytest.raises(Overtaken, match="is STANDBY now, not SHADOW"):
        await take_in(firm.room, lane, [SourceObject(CUSTOMER, ExternalId("1"), {"name": "Late"}, firm.store.clock)])
    assert await twins(database) == []


async def test_a_page_of_a_shadows_run_that_another_ended_is_refused_and_ends_it_no_second_time(
    database: Database,
) -> None:
    firm = await company(database, filled(1))
    async with database.transaction() as connection:
        run_id = await start_run(connection, FLOW, firm.store.clock, cadence=DAILY)
        await end_run(connection, run_id, "FAILED", firm.store.clock, ("OVERTAKEN", "test"))
        lane = await lane_of(connection, firm.lanes[DAILY], run_id)
    with pytest.raises(Overtaken, match="was ended by another"):
        await take_in(firm.room, lane, [SourceObject(CUSTOMER, ExternalId("1"), {"name": "Late"}, firm.store.clock)])
    assert await twins(database) == []
    async with database.transaction() as connection:
        await end_run(connection, run_id, "COMPLETED", firm.store.clock)
    assert await rows(database, "SELECT state, error_code FROM flow_run") == [("FAILED", "OVERTAKEN")]


async def test_a_run_overtaken_behind_its_last_page_keeps_no_cursor(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever overtook it had the lane begin anew: from a cursor it would bring only what changed since."""
    firm = await company(database, filled(2))
    async with database.transaction() as connection:
        run_id = await start_run(connection, FLOW, firm.store.clock, cadence=DAILY)
    finished: list[JsonObject] = []

    async def anew(entity: Entity, cursor: JsonObject) -> None:
        finished.append(cursor)
        async with database.transaction() as connection:
            await end_run(connection, run_id, "FAILED", firm.store.clock, ("OVERTAKEN", "test"))
            await begin_twins(connection, firm.lanes[DAILY], firm.store.clock)

    monkeypatch.setattr(firm.room.systems.port(FAST), "finished", anew)
    with pytest.raises(Overtaken, match="was ended by another"):
        await run_lane(firm.room, run_id)
    assert (len(finished), await rows(database, "SELECT count(*) FROM lane_cursor")) == (1, [(0,)])
    assert await rows(database, f"SELECT state, error_code FROM flow_run WHERE id = '{run_id}'") == [
        ("FAILED", "OVERTAKEN")
    ]


async def test_a_completed_run_tells_the_migration_once_with_its_watermark(database: Database) -> None:
    firm = await company(database, filled(2))
    await firm.run(WEEKLY)
    assert await completed(database) == []
    daily = await firm.run(DAILY)
    firm.store.advance(timedelta(days=7))
    began = firm.store.clock
    firm.export.deliver(timedelta(minutes=10))
    weekly = await firm.run(WEEKLY)
    assert await completed(database) == [str(daily), str(weekly)]
    (window,) = await rows(database, f"SELECT source_since, source_until FROM flow_run WHERE id = '{weekly}'")
    assert window == (began, began + timedelta(minutes=10))


async def test_without_a_migration_nothing_is_told(database: Database) -> None:
    firm = await company(database, filled(2))
    await firm.set_mode(DAILY, LaneMode.STANDBY)
    await firm.week()
    assert await completed(database) == []


async def marks(firm: Company, cadence: FlowCadence) -> tuple[datetime | None, datetime | None]:
    async with firm.database.reading() as connection:
        lane = firm.lanes[cadence]
        return await seeded_at(connection, lane), await watermark(connection, lane, firm.store.clock)


async def test_a_lane_is_complete_up_to_where_its_last_run_began(database: Database) -> None:
    firm = await company(database, filled(2))
    assert await marks(firm, DAILY) == (None, None)
    first = firm.store.clock
    await firm.run(DAILY)
    await firm.day()
    assert await marks(firm, DAILY) == (first, firm.store.clock)
    assert await marks(firm, WEEKLY) == (None, None)


async def test_a_pushed_lane_is_complete_up_to_the_oldest_event_that_waits(database: Database) -> None:
    firm = await company(database, filled(1))
    await firm.run(DAILY)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE lane SET cadence = 'REAL_TIME' WHERE cadence = 'DAILY'"))
    firm.store.advance(timedelta(hours=3))
    now = firm.store.clock
    assert (await marks(firm, DAILY))[1] == now - timedelta(seconds=60)
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO inbox_event (system, event_id, received_at, subject_key_id, body)
                   SELECT 'crm-fast', '1', CAST(:at AS timestamptz), id, '' FROM subject_key LIMIT 1"""
            ),
            {"at": now - timedelta(hours=1)},
        )
    assert (await marks(firm, DAILY))[1] == now - timedelta(hours=1, seconds=60)


async def test_every_running_lane_takes_a_push_in(database: Database) -> None:
    firm = await company(database, filled(1))
    async with database.reading() as connection:
        by_file = await running_lanes(connection, EXPORT, CUSTOMER)
        by_push = await running_lanes(connection, FAST, CUSTOMER)
        nobody = await running_lanes(connection, FAST, Entity.SALES_ORDER)
    assert [(lane.lane_id, lane.mode) for lane in by_file] == [(firm.lanes[WEEKLY], LaneMode.AUTHORITATIVE)]
    assert by_push == [
        LaneContext(FLOW, firm.lanes[DAILY], 1, CRM, CUSTOMER, None, LaneMode.SHADOW, DAILY, via=FAST),
    ]
    assert nobody == []
