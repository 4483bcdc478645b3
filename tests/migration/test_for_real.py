"""Migrations with the real parity over real twins: right lanes pass, each wrong one is caught with its class."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from hub.records.identity import Entity
from hub.records.migration import MigrationState
from hub.settings.migrations import MigrationRules
from hub.store.engine import Database
from tests.migration.steering import DAILY, REAL_TIME, Steered, body, steered

pytestmark = pytest.mark.slow

S = MigrationState


async def counts(hub: Steered) -> list[tuple[object, ...]]:
    return await hub.rows(
        """SELECT number, c->>'kind', c->>'verdict', (c->>'count')::int FROM parity_run, jsonb_array_elements(counts) c
           ORDER BY 1, 2, 3"""
    )


async def test_lanes_that_say_the_same_pass_from_end_to_end(database: Database) -> None:
    rules = MigrationRules(clean_windows=2, clean_audits=2, lag_p95_slo_s=600)
    hub = await steered(database, customers=20, for_real=True, rules=rules)
    await hub.until(S.SHADOW)
    for number in (1, 2):
        hub.store.put(Entity.CUSTOMER, str(number), body(f"Moved {number}", f"c{number}@example.com"))
        hub.store.remove(Entity.CUSTOMER, str(10 + number))
        await hub.window()
    # A delete is seen by reading again, later than the window: late, and no more than that.
    assert await counts(hub) == [(1, "LATE", None, 1), (2, "LATE", None, 1)]
    assert await hub.state() is S.GATED
    await hub.approve()
    await hub.cut_over()
    await hub.work_off()
    hub.store.put(Entity.CUSTOMER, "3", body("After", "c3@example.com"))
    for _ in range(2):
        await hub.run(REAL_TIME)
        await hub.window()
    assert {kind for _, kind, _, _ in await counts(hub)} == {"LATE"}
    assert await hub.state() is S.COMPLETED
    assert len(await hub.names()) == 18
    assert "After" in await hub.names()


async def test_a_candidate_that_lost_a_change_is_caught_at_the_gate(database: Database) -> None:
    hub = await steered(database, customers=20, for_real=True)
    await hub.until(S.SHADOW)
    async with database.transaction() as connection:
        await connection.execute(text("DELETE FROM shadow_version WHERE external_id = '7'"))
        await connection.execute(text("DELETE FROM shadow_record WHERE external_id = '7'"))
    await hub.run(DAILY)
    # The candidate's poll reads changes only and would not see customer 7 again; its sweep would, so it is kept off.
    async with database.transaction() as connection:
        await connection.execute(
            text(
                """INSERT INTO flow_run (id, lane_id, epoch, scheduled_for, state, created_at, started_at, finished_at,
                     source_since, source_until)
                   SELECT gen_random_uuid(), id, 1, :now, 'COMPLETED', :now, :now, :now, :now, :now FROM lane
                   WHERE cadence = 'REAL_TIME'"""
            ),
            {"now": hub.now},
        )
    await hub.look()
    assert await counts(hub) == [(1, "MISSING", "CANDIDATE_WRONG", 1)]
    (against,) = (await hub.rows("SELECT body->'against' FROM migration_evidence WHERE kind = 'WINDOW'"))[0]
    assert against == ["7 MISSING CANDIDATE_WRONG"]
    assert await hub.state() is S.SHADOW


async def test_when_the_batch_is_wrong_the_referee_says_so_and_the_gates_open(database: Database) -> None:
    hub = await steered(database, customers=5, for_real=True)
    await hub.until(S.SHADOW)
    for _ in range(2):
        await hub.run(DAILY)
        async with database.transaction() as connection:
            await connection.execute(
                text(
                    """UPDATE source_record SET document = jsonb_set(document, '{name}', '"Wrong"'), digest = '\\x00'
                       WHERE external_id = '2'"""
                )
            )
        await hub.run(REAL_TIME)
    kinds = {(kind, verdict) for _, kind, verdict, _ in await counts(hub)}
    assert {verdict for _, verdict in kinds} == {"INCUMBENT_WRONG"}
    assert await hub.state() is S.GATED


async def test_a_candidate_that_is_too_slow_stays_behind_the_gate(database: Database) -> None:
    hub = await steered(database, customers=5, for_real=True)
    await hub.until(S.SHADOW)
    for number in (1, 2):
        hub.store.put(Entity.CUSTOMER, str(number), body(f"Moved {number}", f"c{number}@example.com"))
        await hub.window()
    gates = await hub.gates()
    assert [str(gate) for gate in gates if not gate.ok] == ["lag_p95_s: 120.0 (limit 60.0)"]
    assert await hub.state() is S.SHADOW
