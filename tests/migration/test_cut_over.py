"""The cut-over and what follows: no late writer, live ends as the source is, and all of it can go back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from hub.errors import Conflict, StaleEpoch, Transient
from hub.flows.lane import fence, lane_of
from hub.migration import lanes
from hub.migration.cut_over import cut_over
from hub.migration.decide import pause, resume
from hub.migration.reconcile import replay
from hub.migration.roll_back import roll_back
from hub.migration.undo import UndoKind, undo_list
from hub.reads.standing import standing
from hub.records.identity import Entity
from hub.records.migration import MigrationState
from hub.settings.migrations import MigrationRules, OnDrift
from hub.store.engine import Database
from tests.migration.steering import DAILY, FLOW, REAL_TIME, WRONG, Steered, body, steered

pytestmark = pytest.mark.slow

S = MigrationState
LATER_AND_WRONG = """UPDATE source_record SET as_of = as_of + interval '1 hour', digest = '\\x00',
  document = jsonb_set(document, '{name}', '"Wrong"') WHERE external_id = '2'"""
"""What a batch may do to customer 2: it tells something else, and of a later time."""


async def take_back(hub: Steered) -> None:
    async with hub.database.transaction() as connection:
        await roll_back(connection, hub.desk, FLOW, "ben", "it was wrong", hub.now)


async def test_a_way_back_is_open_and_names_the_flows_that_it_leaves_ahead(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.OBSERVING)
    async with database.transaction() as connection:
        for name, cadence in (("orders", "REAL_TIME"), ("requests", "DAILY")):
            await connection.execute(
                text(
                    """INSERT INTO information_flow (name, business_flow, title, prerequisites)
                       VALUES (:name, 2, 'Test', ARRAY[CAST(:flow AS text)])"""
                ),
                {"name": name, "flow": FLOW},
            )
            await connection.execute(
                text("INSERT INTO lane (flow, cadence, mode) VALUES (:name, :cadence, 'AUTHORITATIVE')"),
                {"name": name, "cadence": cadence},
            )
    await take_back(hub)
    told = await hub.rows("SELECT body -> 'outpacing' FROM migration_evidence WHERE kind = 'ROLLING_BACK'")
    assert told == [([f"flow orders is REAL_TIME and waits for {FLOW}"],)]


@pytest.mark.parametrize("work", ["DEAD", "PARKED"])
async def test_a_way_back_waits_for_no_run_of_the_auditor_that_stands_still(database: Database, work: str) -> None:
    hub = await steered(database)
    await hub.until(S.OBSERVING)
    hub.pass_time(timedelta(minutes=1))
    run = await hub.queue(DAILY)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE flow_run SET state = 'INTERRUPTED' WHERE id = :id"), {"id": run})
        await connection.execute(
            text("UPDATE dispatch SET state = :work WHERE dedupe_key = :key"), {"work": work, "key": f"run:{run}"}
        )
    hub.pass_time(timedelta(minutes=1))
    await take_back(hub)
    assert await hub.rows(f"SELECT state, error_code FROM flow_run WHERE id = '{run}'") == [("FAILED", "OVERTAKEN")]
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE dispatch SET state = 'READY' WHERE state = 'PARKED'"))
    await hub.work_off()
    await hub.look()
    assert await hub.state() is S.ROLLED_BACK


async def test_of_two_approvers_the_second_is_told(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.GATED)
    digest = (await hub.migration()).evidence_digest.hex()
    told = await asyncio.gather(hub.approve("ben", digest), hub.approve("cor", digest), return_exceptions=True)
    assert [type(outcome) for outcome in told if outcome is not None] == [Conflict]
    assert await hub.rows("SELECT count(*) FROM migration_evidence WHERE kind = 'APPROVED'") == [(1,)]


async def test_of_two_cut_overs_one_moves_authority(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.APPROVED)
    told = await asyncio.gather(hub.cut_over(), hub.cut_over(), return_exceptions=True)
    assert [type(outcome) for outcome in told if outcome is not None] == [Conflict]
    assert await hub.rows("SELECT epoch FROM information_flow") == [(2,)]
    assert await hub.rows("SELECT count(*) FROM dispatch WHERE kind = 'migration.replay'") == [(1,)]


async def test_a_page_in_hand_commits_before_the_cut_over_and_the_next_one_is_refused(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.APPROVED)
    async with database.reading() as connection:
        old = await lane_of(connection, (await hub.migration()).from_lane)
    async with database.transaction() as page:
        await fence(page, old)
        moving = asyncio.create_task(hub.cut_over())
        done, _ = await asyncio.wait({moving}, timeout=0.3)
        assert done == set()
    await moving
    async with database.transaction() as page:
        with pytest.raises(StaleEpoch):
            await fence(page, old)


async def test_a_page_that_takes_too_long_puts_the_cut_over_off(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lanes, "LOCK_TIMEOUT_MS", 100)
    hub = await steered(database)
    await hub.until(S.APPROVED)
    async with database.reading() as connection:
        old = await lane_of(connection, (await hub.migration()).from_lane)
    async with database.transaction() as page:
        await fence(page, old)
        with pytest.raises(Transient, match="has a page in hand"):
            await hub.cut_over()
    assert (await hub.state(), (await hub.modes())["DAILY"]) == (S.APPROVED, "AUTHORITATIVE")


async def test_a_late_run_of_the_old_epoch_ends_visibly_and_runs_again_as_auditor(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.APPROVED)
    hub.store.put(Entity.CUSTOMER, "8", body("Late"))
    hub.pass_time(timedelta(minutes=1))
    late = await hub.queue(DAILY)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE flow_run SET state = 'INTERRUPTED' WHERE id = :id"), {"id": late})
    await hub.cut_over()
    hub.pass_time(timedelta(minutes=1))
    await hub.work_off()
    states = await hub.rows(
        "SELECT epoch, state, error_code FROM flow_run WHERE lane_id = 1 ORDER BY created_at DESC LIMIT 2"
    )
    assert states == [(2, "COMPLETED", None), (1, "FAILED", "STALE_EPOCH")]
    assert await hub.rows("SELECT id FROM dispatch WHERE state = 'DEAD'") == []
    assert (await hub.rows("SELECT count(*) FROM shadow_record WHERE lane_id = 1"))[0] == (4,)


async def test_a_wrong_batch_value_with_a_later_time_does_not_survive(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.APPROVED)
    async with database.transaction() as connection:
        await connection.execute(text(LATER_AND_WRONG))
    hub.pass_time(timedelta(hours=2))
    await hub.cut_over()
    await hub.work_off()
    assert await hub.state() is S.OBSERVING
    assert await hub.names() == ["Customer 1", "Customer 2", "Customer 3"]
    (body_,) = (await hub.rows("SELECT body->'counters' FROM migration_evidence WHERE kind = 'RECONCILED'"))[0]
    assert isinstance(body_, dict)
    assert (body_["different"], body_["reread"]) == (1, 1)


async def test_a_reconciliation_that_breaks_off_goes_on_and_ends_in_the_same_state(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.CUTTING_OVER)
    migration = await hub.migration()
    hub.store.stop()
    async with database.transaction() as connection:
        await connection.execute(
            text("UPDATE source_record SET as_of = as_of + interval '1 hour', digest = '\\x00' WHERE external_id = '2'")
        )
    with pytest.raises(Transient):
        await replay(hub.room, migration.id)
    with pytest.raises(Transient):
        await replay(hub.room, migration.id, lambda: True)
    assert await hub.state() is S.CUTTING_OVER
    hub.store.start()
    assert await replay(hub.room, migration.id) is S.OBSERVING
    assert await replay(hub.room, migration.id) is S.OBSERVING
    assert await hub.rows("SELECT count(*) FROM migration_evidence WHERE kind = 'RECONCILED'") == [(1,)]


async def test_a_crash_inside_the_cut_over_leaves_nothing_of_it(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.APPROVED)
    before = await hub.rows("SELECT state, evidence_count FROM cadence_migration")
    connection = await database.engine.connect()
    await cut_over(connection, hub.desk, FLOW, "ben", hub.now)
    await connection.close()
    assert await hub.rows("SELECT state, evidence_count FROM cadence_migration") == before
    assert await hub.modes() == {"DAILY": "AUTHORITATIVE", "REAL_TIME": "SHADOW"}
    assert await hub.rows("SELECT count(*) FROM dispatch WHERE kind = 'migration.replay'") == [(0,)]
    await hub.cut_over()


async def test_a_replay_that_was_given_up_is_ordered_again_by_a_resume(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.CUTTING_OVER)
    async with database.transaction() as connection:
        await connection.execute(text("UPDATE dispatch SET state = 'DEAD' WHERE kind = 'migration.replay'"))
    assert await hub.work_off() == []
    async with database.transaction() as connection:
        await resume(connection, FLOW, "ben", hub.now)
    await hub.work_off()
    assert await hub.state() is S.OBSERVING


async def test_a_rollback_gives_the_old_lane_back_its_authority_and_its_window(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.OBSERVING)
    hub.store.put(Entity.CUSTOMER, "1", body("New name", "c1@example.com"))
    await hub.run(REAL_TIME)
    assert "New name" in await hub.names()
    await take_back(hub)
    assert await hub.state() is S.ROLLING_BACK
    assert await hub.modes() == {"DAILY": "AUTHORITATIVE", "REAL_TIME": "STANDBY"}
    assert await hub.rows("SELECT epoch FROM information_flow") == [(3,)]
    hub.pass_time(timedelta(minutes=1))
    await hub.work_off()
    assert await hub.state() is S.ROLLED_BACK
    assert await hub.names() == ["Customer 2", "Customer 3", "New name"]
    assert await hub.rows("SELECT enabled FROM schedule ORDER BY name") == [(True,), (False,)]


async def test_what_the_failed_lane_made_wrong_is_settled_by_the_source(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.OBSERVING)
    hub.store.put(Entity.CUSTOMER, "2", body("Wrong", "c2@example.com"))
    await hub.run(REAL_TIME)
    # The lane told something that is not so: the source never changed again after it was right.
    hub.store.put(Entity.CUSTOMER, "2", body("Right", "c2@example.com"), stamp=hub.now - timedelta(days=3))
    await take_back(hub)
    hub.pass_time(timedelta(minutes=1))
    await hub.work_off()
    assert await hub.names() == ["Customer 1", "Customer 3", "Right"]


async def test_the_undo_list_names_fields_and_tells_what_still_stands(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.OBSERVING)
    hub.store.put(Entity.CUSTOMER, "2", body("Other", "c2@example.com"))
    await hub.run(REAL_TIME)
    async with database.reading() as connection:
        (item,) = await undo_list(connection, await hub.migration())
    assert (item.kind, item.system, item.external_id, item.stands) == (UndoKind.RECORD, "crm", "2", True)
    assert item.fields == ("contact_media", "kind", "name") or "name" in item.fields
    await take_back(hub)
    hub.pass_time(timedelta(minutes=1))
    await hub.work_off()
    async with database.reading() as connection:
        (item,) = await undo_list(connection, await hub.migration())
    assert item.stands is False


async def _touched(database: Database, wanted: str) -> Steered:
    """Customer 2 was changed by the lane that counts now, and `wanted` inserts a command of another flow."""
    hub = await steered(database)
    await hub.until(S.OBSERVING)
    hub.store.put(Entity.CUSTOMER, "2", body("Other", "c2@example.com"))
    await hub.run(REAL_TIME)
    async with database.transaction() as connection:
        await connection.execute(
            text("INSERT INTO information_flow (name, business_flow, title) VALUES ('corrections', 8, 'Test')")
        )
        await connection.execute(text(wanted), {"now": hub.now})
    return hub


COLLECTED = """
INSERT INTO outbound_command (id, key, flow, target, entity, operation, object_id, external_id, line, changes,
  from_version, version, state, wanted_from, created_at)
SELECT gen_random_uuid(), 'key', 'corrections', 'crm', 'customer', 'UPDATE', '2', '2', 'crm/2',
  '[{"path": ["name"]}]', 1, 1, 'COLLECTED', :now, :now"""


async def test_what_a_touched_customer_is_still_to_be_told_is_in_the_undo_list(database: Database) -> None:
    hub = await _touched(database, COLLECTED)
    await take_back(hub)
    listed = []
    for change in ("state = state", "state = 'DONE', sent_at = :at", "wanted_from = :at, created_at = :at"):
        async with database.transaction() as connection:
            at = {"at": hub.now + timedelta(hours=1)} if ":at" in change else {}
            await connection.execute(text(f"UPDATE outbound_command SET {change}"), at)
            items = await undo_list(connection, await hub.migration())
        listed.append([item.state for item in items if item.kind is UndoKind.COMMAND])
    assert listed == [["COLLECTED"], ["DONE"], []]


MADE = """
INSERT INTO outbound_command (id, key, flow, target, entity, operation, object_id, line, changes, from_version, version,
  state, wanted_from, created_at)
SELECT gen_random_uuid(), 'lms/' || customer_id, 'corrections', 'lms', 'customer', 'CREATE', 'lms/' || customer_id,
  'lms/' || customer_id, '[]', 1, 1, 'UNKNOWN', :now, :now
FROM customer_identifier WHERE external_id IN ('1', '2')"""


async def test_a_new_object_of_a_touched_customer_is_in_the_undo_list_by_the_hubs_key(database: Database) -> None:
    hub = await _touched(database, MADE)
    async with database.transaction() as connection:
        record, command = await undo_list(connection, await hub.migration())
    key = f"lms/{record.customer}"
    assert (command.kind, command.customer, command.hub_key) == (UndoKind.COMMAND, record.customer, key)
    assert (command.external_id, command.state, record.hub_key) == (key, "UNKNOWN", None)


async def test_drift_alerts_and_rolls_back_where_that_is_configured(database: Database) -> None:
    hub = await steered(database, rules=MigrationRules(clean_windows=1, on_drift=OnDrift.ROLL_BACK))
    await hub.until(S.OBSERVING)
    hub.found = [[WRONG]]
    await hub.window()
    hub.pass_time(timedelta(minutes=1))
    await hub.work_off()
    assert (await hub.state(), (await hub.modes())["DAILY"]) == (S.ROLLED_BACK, "AUTHORITATIVE")
    events = await hub.rows("SELECT kind FROM change_pending WHERE kind LIKE '%Drift%'")
    assert events == [("CadenceMigrationDriftEvent",)]


async def test_drift_stands_there_through_a_pause_until_an_audit_is_clean(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.OBSERVING)
    hub.found = [[WRONG]]
    await hub.window()
    seen = []
    for step in (None, pause, resume):
        if step is not None:
            async with database.transaction() as connection:
                await step(connection, FLOW, "anna", hub.now)
        async with database.reading() as connection:
            drift = (await standing(connection, hub.now)).audit_drift
        seen.append(((await hub.state()), (await hub.migration()).problem, drift))
    found, counted = "audit 3 found 1 unexplained differences", {FLOW: 1}
    assert seen == [(state, found, counted) for state in (S.OBSERVING, S.PAUSED, S.OBSERVING)]
    await hub.window()
    async with database.reading() as connection:
        assert (await standing(connection, hub.now)).audit_drift == {FLOW: 0}
    assert (await hub.migration()).problem is None


async def test_drift_rolls_back_a_completed_migration_too(database: Database) -> None:
    rules = MigrationRules(clean_windows=1, clean_audits=1, on_drift=OnDrift.ROLL_BACK)
    hub = await steered(database, rules=rules)
    await hub.until(S.OBSERVING)
    await hub.window()
    assert await hub.state() is S.COMPLETED
    hub.found = [[WRONG]]
    await hub.window()
    hub.pass_time(timedelta(minutes=1))
    await hub.work_off()
    assert (await hub.state(), (await hub.modes())["DAILY"]) == (S.ROLLED_BACK, "AUTHORITATIVE")


async def test_drift_alone_alerts_and_starts_the_count_of_clean_audits_anew(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.OBSERVING)
    hub.found = [[], [WRONG], []]
    for _ in range(2):
        await hub.window()
    assert (await hub.state(), (await hub.migration()).problem) == (
        S.OBSERVING,
        "audit 4 found 1 unexplained differences",
    )
    await hub.window()
    assert await hub.state() is S.OBSERVING
    await hub.window()
    assert await hub.state() is S.COMPLETED


async def test_a_completed_migration_goes_on_being_audited_and_can_still_go_back(database: Database) -> None:
    hub = await steered(database, rules=MigrationRules(clean_windows=1, clean_audits=1))
    await hub.until(S.OBSERVING)
    await hub.window()
    assert await hub.state() is S.COMPLETED
    hub.found = [[WRONG]]
    await hub.window()
    assert (await hub.migration()).problem == "audit 3 found 1 unexplained differences"
    await take_back(hub)
    hub.pass_time(timedelta(minutes=1))
    await hub.work_off()
    assert await hub.state() is S.ROLLED_BACK


async def test_a_rollback_before_the_cut_over_is_refused(database: Database) -> None:
    hub = await steered(database)
    await hub.until(S.APPROVED)
    with pytest.raises(Conflict, match="is APPROVED and cannot become ROLLING_BACK"):
        await take_back(hub)
    assert await hub.rows("SELECT epoch FROM information_flow") == [(1,)]
