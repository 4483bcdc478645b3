"""Look at a migration and do what is due. Every step is one transaction and finds out for itself whether it is done."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.watermark import watermark
from hub.migration.comparing import MigrationRoom
from hub.migration.comparison import Comparison
from hub.migration.evidence import append
from hub.migration.facts import as_body, gates_of
from hub.migration.gates import clean_in_a_row, refused
from hub.migration.lanes import lane, reached_by, run_state
from hub.migration.roll_back import take_back
from hub.migration.states import COMPARING
from hub.migration.stored import Migration, by_id, hold, move, open_migrations, put, tell
from hub.migration.windows import (
    Judged,
    WaitingWindow,
    counts_of,
    in_words,
    judge,
    keep,
    next_waiting,
    open_windows,
    window_facts,
)
from hub.records.lanes import LaneMode
from hub.records.migration import MigrationState
from hub.settings.migrations import OnDrift

S = MigrationState
AUDITING = frozenset({S.OBSERVING, S.COMPLETED})
BY_ITSELF = "hub"
"""Who did it, where no person did."""

log = structlog.get_logger(__name__)


async def advance(room: MigrationRoom, migration_id: UUID) -> MigrationState:
    """Do everything that is due and give the state it ended in; repeated, it finds nothing left to do."""
    await _look(room, migration_id)
    while await _compare_next(room, migration_id):
        pass
    async with room.engine.database.reading() as connection:
        return (await by_id(connection, migration_id)).state


async def _look(room: MigrationRoom, migration_id: UUID) -> None:
    """Follow runs that have ended, and open the windows of those that completed."""
    now = room.engine.clock()
    async with room.engine.database.transaction() as connection:
        migration = await hold(connection, migration_id)
        if migration.state is S.SEEDING:
            migration = await _seeded(connection, migration, now)
        if migration.state is S.ROLLING_BACK:
            await _rolled_back(connection, migration, now)
        if migration.state in COMPARING | AUDITING:
            await open_windows(connection, migration, now)


async def _seeded(connection: AsyncConnection, migration: Migration, now: datetime) -> Migration:
    if migration.seed_run is None:
        return migration
    state, code, message = await run_state(connection, migration.seed_run)
    if state == "COMPLETED":
        reached = await watermark(connection, migration.to_lane, now)
        body: dict[str, object] = {"run": migration.seed_run, "watermark": reached}
        return await move(connection, migration, S.SHADOW, now, "SEEDED", body, shadow_since=now)
    if state == "FAILED":
        problem = f"the backfill failed: {code}: {message}"
        body = {"run": migration.seed_run, "code": code}
        return await move(
            connection, migration, S.PAUSED, now, "SEED_FAILED", body, paused_from=S.SEEDING.value, problem=problem
        )
    return migration


async def _rolled_back(connection: AsyncConnection, migration: Migration, now: datetime) -> None:
    """Done once live is reconciled and the restored lane has run under the new epoch."""
    flow = await connection.execute(
        text(
            """SELECT f.target <> 'hub' OR bool_or(r.state = 'COMPLETED') AS done,
                 bool_or(r.state IN ('QUEUED', 'RUNNING', 'INTERRUPTED')) AS under_way
               FROM information_flow f LEFT JOIN flow_run r ON r.lane_id = :lane AND r.epoch = f.epoch
               WHERE f.name = :flow GROUP BY f.name, f.target"""
        ),
        {"lane": migration.from_lane, "flow": migration.flow},
    )
    row = flow.one()
    if row.done and migration.reconciled_at is not None:
        await move(connection, migration, S.ROLLED_BACK, now, "ROLLED_BACK", {})
    elif not row.done and not row.under_way and migration.problem is None:
        await put(connection, migration, now, problem="the restored lane has not run yet, or its run failed")


async def _compare_next(room: MigrationRoom, migration_id: UUID) -> bool:
    """Compare the oldest window that the candidate has passed; False when there is none."""
    async with room.engine.database.reading() as connection:
        migration = await by_id(connection, migration_id)
        if migration.state not in COMPARING | AUDITING:
            return False
        window = await next_waiting(connection, migration_id, migration.state in AUDITING)
        reached = await reached_by(connection, migration.flow, migration.to_lane, room.engine.clock())
    if window is None or reached is None or reached < window.window.until:
        return False
    comparison = await _compared(room, migration, window)
    now = room.engine.clock()
    async with room.engine.database.transaction() as connection:
        migration = await hold(connection, migration_id)
        if migration.state not in COMPARING | AUDITING:
            return False
        judged = judge(migration.rules, comparison, window.audit)
        if await keep(connection, window, comparison, judged, now):
            await append(
                connection, migration_id, "AUDIT" if window.audit else "WINDOW", _body(window, comparison, judged), now
            )
            await _follow(connection, room, migration, window, judged, now)
    return True


async def _compared(room: MigrationRoom, migration: Migration, window: WaitingWindow) -> Comparison:
    compare = room.inbound if room.desk.flow(migration.flow).inbound else room.outbound
    return await compare(
        room.engine, migration.flow, migration.from_lane, migration.to_lane, window.window, migration.rules.ignore
    )


def _body(window: WaitingWindow, comparison: Comparison, judged: Judged) -> dict[str, object]:
    against = [in_words(difference) for difference in comparison.examples if not difference.explained]
    return {
        "number": window.number,
        "since": window.window.since,
        "until": window.window.until,
        "compared": comparison.compared,
        "counts": counts_of(comparison),
        "unexplained": judged.unexplained,
        "unexplained_on_keys": judged.unexplained_on_keys,
        "carried": judged.carried,
        "clean": judged.clean,
        "freshness": {"median_s": comparison.freshness.median_s, "p95_s": comparison.freshness.p95_s},
        "lag_p95_s": comparison.lag_p95_s,
        "against": against[:20],
    }


async def _follow(
    connection: AsyncConnection,
    room: MigrationRoom,
    migration: Migration,
    window: WaitingWindow,
    judged: Judged,
    now: datetime,
) -> None:
    """What a window that was just kept means for the state."""
    migration = await hold(connection, migration.id)
    if window.audit:
        await _after_audit(connection, migration, window, judged, now)
        return
    gates = await gates_of(connection, room.desk, migration, now)
    closed = [gate for gate in refused(gates) if gate.name != "windows_waiting"]
    if not closed and migration.state is S.SHADOW:
        await move(connection, migration, S.GATED, now, "GATED", {"gates": as_body(gates)})
    elif closed and migration.state in (S.GATED, S.APPROVED):
        nobody = {"approved_by": None, "approved_at": None, "approved_digest": None}
        await move(connection, migration, S.SHADOW, now, "GATES_CLOSED", {"gates": as_body(gates)}, **nobody)
    else:
        await put(connection, migration, now)


async def _after_audit(
    connection: AsyncConnection, migration: Migration, window: WaitingWindow, judged: Judged, now: datetime
) -> None:
    if not judged.clean:
        await _drifted(connection, migration, window, judged, now)
        return
    audits = await window_facts(connection, migration.id, audit=True)
    wanted = migration.rules.clean_audits
    if migration.state is S.OBSERVING and 0 < wanted <= clean_in_a_row(audits):
        body = {"by": BY_ITSELF, "clean_audits": clean_in_a_row(audits)}
        await move(connection, migration, S.COMPLETED, now, "COMPLETED", body)
    else:
        await put(connection, migration, now, problem=None)


async def _drifted(
    connection: AsyncConnection, migration: Migration, window: WaitingWindow, judged: Judged, now: datetime
) -> None:
    problem = f"audit {window.number} found {judged.unexplained} unexplained differences"
    goes_back = migration.rules.on_drift is OnDrift.ROLL_BACK
    others = [each for each in await open_migrations(connection, migration.flow) if each != migration.id]
    if goes_back and others:
        problem += ", and it is not taken back by itself: the flow has another migration under way"
    log.warning(
        "live has drifted from its auditor", flow=migration.flow, window=window.number, found=judged.unexplained
    )
    await put(connection, migration, now, problem=problem)
    await tell(connection, migration.flow, "CadenceMigrationDriftEvent", now)
    counts = (await lane(connection, migration.to_lane)).mode is LaneMode.AUTHORITATIVE
    if goes_back and counts and not others:
        await take_back(connection, migration, BY_ITSELF, now, {"reason": "drift", "window": window.number})
