"""A migration from the plan to its end, on real rows: what each step changes, and what it refuses."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from hub.errors import Conflict, Invalid, NotFound
from hub.flows.runs import end_run, open_run
from hub.migration.comparison import Difference
from hub.migration.decide import abort, complete, pause, resume
from hub.migration.lanes import lock_flow, reached_by
from hub.migration.plan import plan
from hub.migration.work import watch
from hub.records.identity import Entity, FlowName
from hub.records.lanes import FlowCadence
from hub.records.migration import DifferenceKind, MigrationState, Verdict
from hub.settings.migrations import MigrationRules
from hub.store.engine import Database
from hub.work.tables import Queue
from tests.migration.steering import DAILY, FLOW, REAL_TIME, WRONG, steered

pytestmark = pytest.mark.slow

S = MigrationState
ORDERS = FlowName("crm-orders")
STANDS_IN_LINE = """SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""


async def test_a_flow_moves_from_daily_to_real_time(database: Database) -> None:
    hub = await steered(database)
    await hub.plan()
    assert (await hub.state(), await hub.modes()) == (S.PREFLIGHT, {"DAILY": "AUTHORITATIVE", "REAL_TIME": "STANDBY"})
    await hub.start()
    assert (await hub.state(), (await hub.modes())["REAL_TIME"]) == (S.SEEDING, "SHADOW")
    await hub.work_off()
    assert await hub.state() is S.SHADOW
    assert await hub.rows("SELECT count(*) FROM shadow_record") == [(3,)]
    await hub.window()
    assert await hub.state() is S.SHADOW
    await hub.window()
    assert await hub.state() is S.GATED
    await hub.approve()
    await hub.cut_over()
    assert await hub.state() is S.CUTTING_OVER
    assert await hub.modes() == {"DAILY": "VERIFY", "REAL_TIME": "AUTHORITATIVE"}
    assert await hub.rows("SELECT epoch FROM information_flow") == [(2,)]
    await hub.work_off()
    assert await hub.state() is S.OBSERVING
    assert await hub.rows("SELECT count(*) FROM shadow_record") == [(0,)]
    await hub.window()
    assert await hub.state() is S.OBSERVING
    await hub.window()
    assert await hub.state() is S.COMPLETED
    kinds = await hub.rows("SELECT kind FROM migration_evidence ORDER BY seq")
    assert [kind for (kind,) in kinds] == [
        *("PLANNED", "PREFLIGHT", "STARTED", "SEEDED", "WINDOW", "WINDOW", "GATED", "APPROVED", "CUT_OVER"),
        *("RECONCILED", "AUDIT", "AUDIT", "COMPLETED"),
    ]
    deeds = await hub.rows("SELECT principal, action FROM audit_event ORDER BY id")
    assert deeds == [
        ("anna", "planMigration"),
        ("anna", "startMigration"),
        ("ben", "approveMigration"),
        ("ben", "cutOverMigration"),
    ]


async def test_a_window_waits_until_the_candidate_has_passed_it(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.SHADOW)
    await hub.run(DAILY)
    assert (hub.windows, await hub.rows("SELECT number, compared_at FROM parity_run")) == ([], [(1, None)])
    await hub.run(REAL_TIME)
    assert len(hub.windows) == 1
    assert await hub.rows("SELECT number, clean, unexplained, freshness_median_s FROM parity_run") == [
        (1, True, 0, 3600.0)
    ]


async def test_a_wrong_value_closes_the_gates_and_is_shown(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.GATED)
    hub.found = [[WRONG]]
    await hub.window()
    assert await hub.state() is S.SHADOW
    with pytest.raises(Conflict, match="migration is SHADOW; this needs it to be GATED"):
        await hub.approve()


async def test_a_dirty_window_takes_an_approval_back(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.APPROVED)
    hub.found = [[WRONG]]
    await hub.window()
    migration = await hub.migration()
    assert (migration.state, migration.approved_by, migration.approved_digest) == (S.SHADOW, None, None)
    with pytest.raises(Conflict, match="migration is SHADOW; this needs it to be APPROVED"):
        await hub.cut_over()
    assert (await hub.modes())["DAILY"] == "AUTHORITATIVE"


async def test_a_clean_window_leaves_an_approval_as_it_is(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.APPROVED)
    await hub.window()
    assert (await hub.migration()).approved_by == "ben"
    await hub.cut_over()


async def test_what_moved_on_is_carried_and_closes_nothing(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.SHADOW)
    hub.found = [[Difference("3", DifferenceKind.VALUE, Verdict.MOVED, ("name",))]]
    await hub.window()
    assert await hub.rows("SELECT carried, unexplained, clean FROM parity_run") == [(1, 0, True)]


async def test_an_approval_over_old_evidence_is_refused(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.GATED)
    stale = (await hub.migration()).evidence_digest.hex()
    await hub.window()
    with pytest.raises(Conflict, match="the evidence has gone on since you looked"):
        await hub.approve(digest=stale)
    assert await hub.state() is S.GATED


async def test_four_eyes_keep_the_planner_from_approving(database: Database) -> None:
    hub = await steered(database, rules=MigrationRules(clean_windows=1, four_eyes=True))
    await hub.until(S.GATED)
    with pytest.raises(Conflict, match="four_eyes"):
        await hub.approve(by="anna")
    await hub.approve(by="ben")


async def test_an_open_quarantine_closes_the_gate_at_the_last_moment(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.APPROVED)
    hub.store.put(Entity.CUSTOMER, "9", {"name": "Odd", "level": "platinum?"})
    await hub.run(REAL_TIME)
    with pytest.raises(Conflict, match=r"1 gates are not passed: quarantine_open: 1 \(limit 0\)"):
        await hub.cut_over()
    assert (await hub.state(), (await hub.modes())["DAILY"]) == (S.APPROVED, "AUTHORITATIVE")


async def has_orders(database: Database, cadence: FlowCadence) -> None:
    """A flow that the customers wait for."""
    async with database.transaction() as connection:
        await connection.execute(
            text("INSERT INTO information_flow (name, business_flow, title) VALUES (:flow, 6, 'Orders')"),
            {"flow": ORDERS},
        )
        await connection.execute(
            text("INSERT INTO lane (flow, cadence, mode) VALUES (:flow, :cadence, 'AUTHORITATIVE')"),
            {"flow": ORDERS, "cadence": cadence},
        )


async def test_a_cut_over_sees_a_flow_it_waits_for_being_taken_back(database: Database) -> None:
    hub = await steered(database, prerequisites=(ORDERS,))
    await has_orders(database, REAL_TIME)
    await hub.until(S.APPROVED)
    async with database.transaction() as connection:
        await lock_flow(connection, ORDERS)
        await connection.execute(text("UPDATE lane SET cadence = 'DAILY' WHERE flow = :flow"), {"flow": ORDERS})
        moving = asyncio.create_task(hub.cut_over())
        while not moving.done() and not await hub.rows(STANDS_IN_LINE):
            pass
        assert not moving.done()
    with pytest.raises(Conflict, match=f"flow {ORDERS} is DAILY only"):
        await moving
    assert (await hub.modes())["DAILY"] == "AUTHORITATIVE"


async def test_a_flow_becomes_no_faster_than_what_it_waits_for(database: Database) -> None:
    hub = await steered(database, prerequisites=(ORDERS,))
    await has_orders(database, DAILY)
    await hub.until(S.SHADOW)
    for _ in range(2):
        await hub.window()
    closed = [(gate.name, gate.examples) for gate in await hub.gates() if not gate.ok]
    assert closed == [("prerequisites", (f"flow {ORDERS} is DAILY only",))]
    with pytest.raises(Conflict):
        await hub.approve()

    async with database.transaction() as connection:
        await connection.execute(text("UPDATE lane SET cadence = 'REAL_TIME' WHERE flow = :flow"), {"flow": ORDERS})
    await hub.window()
    await hub.approve()
    await hub.cut_over()
    assert (await hub.rows(f"SELECT mode FROM lane WHERE flow = '{FLOW}' ORDER BY id")) == [
        ("VERIFY",),
        ("AUTHORITATIVE",),
    ]


async def test_a_window_nobody_compared_yet_holds_the_cut_over(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.APPROVED)
    await hub.run(DAILY)
    with pytest.raises(Conflict, match="windows_waiting: 1"):
        await hub.cut_over()


async def test_a_run_whose_window_nobody_opened_yet_holds_approval_and_cut_over(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.GATED)
    for cadence in (DAILY, REAL_TIME):
        await hub.run(cadence, Queue.SYSTEM)
    with pytest.raises(Conflict, match="windows_waiting: 1"):
        await hub.approve()
    await hub.work_off()
    await hub.approve()
    for cadence in (DAILY, REAL_TIME):
        await hub.run(cadence, Queue.SYSTEM)
    with pytest.raises(Conflict, match="windows_waiting: 1"):
        await hub.cut_over()
    assert (await hub.state(), (await hub.modes())["DAILY"]) == (S.APPROVED, "AUTHORITATIVE")


async def test_what_ran_while_it_was_paused_is_compared_before_a_cut_over(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.APPROVED)
    async with database.transaction() as connection:
        await pause(connection, FLOW, "anna", hub.now)
    hub.found = [[WRONG], [WRONG]]
    await hub.window()
    await hub.window()
    async with database.transaction() as connection:
        await resume(connection, FLOW, "anna", hub.now)
    with pytest.raises(Conflict, match="windows_waiting: 2"):
        await hub.cut_over()
    await hub.work_off()
    assert (await hub.state(), (await hub.migration()).approved_by) == (S.SHADOW, None)


async def test_only_one_migration_of_a_flow_is_open(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.SHADOW)
    with pytest.raises(Conflict, match="has a migration under way: it is SHADOW"):
        await hub.plan()


async def test_a_plan_before_its_start_is_looked_at_again(database: Database) -> None:
    hub = await steered(database)
    await hub.plan()
    await hub.plan()
    assert await hub.rows("SELECT state, evidence_count FROM cadence_migration") == [("PREFLIGHT", 3)]


async def test_a_migration_only_makes_faster(database: Database) -> None:
    hub = await steered(database)
    async with database.transaction() as connection:
        with pytest.raises(Invalid, match="is DAILY already; a migration makes it faster"):
            await plan(connection, hub.desk, FLOW, DAILY, "anna", hub.now)
        with pytest.raises(NotFound):
            await plan(connection, hub.desk, "nowhere", REAL_TIME, "anna", hub.now)
    assert await hub.rows("SELECT count(*) FROM cadence_migration") == [(0,)]


async def test_a_pause_holds_the_windows_and_a_resume_catches_up(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.SHADOW)
    async with database.transaction() as connection:
        await pause(connection, FLOW, "anna", hub.now)
    await hub.window()
    await hub.window()
    assert (await hub.state(), hub.windows) == (S.PAUSED, [])
    async with database.transaction() as connection:
        await resume(connection, FLOW, "anna", hub.now)
    await hub.work_off()
    assert (await hub.state(), len(hub.windows)) == (S.GATED, 2)


async def test_giving_up_forgets_what_the_candidate_brought_in(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.APPROVED)
    async with database.transaction() as connection:
        await abort(connection, FLOW, "anna", hub.now)
    assert (await hub.state(), await hub.modes()) == (S.ABORTED, {"DAILY": "AUTHORITATIVE", "REAL_TIME": "STANDBY"})
    assert await hub.rows("SELECT count(*) FROM shadow_record") == [(0,)]
    assert await hub.rows("SELECT enabled FROM schedule WHERE name LIKE '%REAL_TIME'") == [(False,)]
    await hub.plan()
    assert await hub.state() is S.PREFLIGHT


async def test_after_the_cut_over_nothing_can_be_given_up(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.OBSERVING)
    async with database.transaction() as connection:
        with pytest.raises(Conflict, match="is OBSERVING and cannot become ABORTED; what may follow is COMPLETED"):
            await abort(connection, FLOW, "anna", hub.now)
    async with database.transaction() as connection:
        await complete(connection, FLOW, "anna", hub.now)
    assert await hub.state() is S.COMPLETED


async def test_a_backfill_that_fails_waits_for_a_person_and_is_repeated(database: Database) -> None:
    hub = await steered(database, customers=25)
    await hub.until(S.SEEDING)
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """UPDATE flow_run SET state = 'FAILED', error_code = 'REJECTED', error_message = 'no'
                   WHERE state = 'QUEUED'"""
            )
        )
    async with database.transaction() as connection:
        assert await watch(connection, hub.now, 10) == 1
    await hub.work_off()
    migration = await hub.migration()
    assert (migration.state, migration.problem) == (S.PAUSED, "the backfill failed: REJECTED: no")
    hub.pass_time(timedelta(minutes=1))
    async with database.transaction() as connection:
        await resume(connection, FLOW, "anna", hub.now)
    await hub.work_off()
    assert await hub.state() is S.SHADOW


async def test_a_run_from_before_is_not_taken_for_the_backfill(database: Database) -> None:
    """Nobody could tell from when on such a lane is complete: it would stay in SHADOW with no window compared."""
    hub = await steered(database)
    await hub.until(S.SEEDING)
    seed = (await hub.migration()).seed_run
    async with database.transaction() as connection:
        await end_run(connection, seed, "FAILED", hub.now, ("STALE_EPOCH", "test"))  # type: ignore[arg-type]  # seeding
        await watch(connection, hub.now, 10)
    await hub.work_off()
    hub.pass_time(timedelta(minutes=1))
    before = await hub.queue(REAL_TIME)
    hub.pass_time(timedelta(minutes=1))
    async with database.transaction() as connection:
        await resume(connection, FLOW, "anna", hub.now)
    await hub.work_off()
    assert (await hub.state(), await hub.rows("SELECT count(*) FROM shadow_record")) == (S.SHADOW, [(3,)])
    assert await hub.rows(f"SELECT state, error_code FROM flow_run WHERE id = '{before}'") == [("FAILED", "OVERTAKEN")]
    async with database.reading() as connection:
        migration = await hub.migration()
        assert await reached_by(connection, FLOW, migration.to_lane, hub.now) is not None
    assert await hub.rows("SELECT count(*) FROM dispatch WHERE state = 'DEAD'") == [(0,)]


async def test_a_run_that_was_interrupted_when_its_lane_was_given_up_waits_for_nobody(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.SHADOW)
    hub.pass_time(timedelta(minutes=1))
    run = await hub.queue(REAL_TIME)
    async with database.transaction() as connection:
        await open_run(connection, run, hub.now)
        await end_run(connection, run, "INTERRUPTED", hub.now, ("UNAVAILABLE", "test"))
        await abort(connection, FLOW, "anna", hub.now)
    await hub.work_off()
    assert await hub.rows(f"SELECT state, error_code FROM flow_run WHERE id = '{run}'") == [("FAILED", "OVERTAKEN")]
    assert await hub.rows("SELECT count(*) FROM dispatch WHERE state = 'DEAD'") == [(0,)]
