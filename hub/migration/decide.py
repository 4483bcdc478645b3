"""What a person decides on the way to the cut-over: approve, pause, resume, give up, and say that it is done."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict, Invalid
from hub.migration.desk import Desk
from hub.migration.facts import as_body, gates_of, require
from hub.migration.lanes import lock_flow, rest
from hub.migration.person import audited
from hub.migration.start import seed
from hub.migration.states import check, expect
from hub.migration.stored import Migration, hold_open, move
from hub.migration.work import order_advance, order_replay, order_restore
from hub.records.migration import MigrationState

S = MigrationState


async def approve(connection: AsyncConnection, desk: Desk, flow: str, digest: str, by: str, now: datetime) -> Migration:
    """APPROVED by the person `by`, over the evidence that ends in `digest` (hex, as status and evidence show it).

    Conflict when the evidence has gone on since, when a gate is closed again, or when somebody else was first.
    """
    migration = await hold_open(connection, flow)
    expect(migration.state, S.GATED)
    if migration.evidence_digest.hex() != digest.strip().lower():
        raise Conflict("the evidence has gone on since you looked: read it again, then approve what it says now")
    if migration.rules.four_eyes and by == migration.created_by:
        raise Conflict("who planned a migration may not approve it (four_eyes)")
    gates = await gates_of(connection, desk, migration, now)
    require(gates)
    shown = migration.evidence_digest
    body = {"by": by, "digest": shown.hex(), "gates": as_body(gates)}
    migration = await move(
        connection, migration, S.APPROVED, now, "APPROVED", body, approved_by=by, approved_at=now, approved_digest=shown
    )
    await audited(connection, migration, by, "approveMigration", now, {"digest": shown.hex()})
    return migration


async def pause(connection: AsyncConnection, flow: str, by: str, now: datetime) -> Migration:
    """Nothing is compared and nothing moves by itself until it is resumed; both lanes go on running.

    What an audit has found stands there meanwhile.
    """
    migration = await hold_open(connection, flow)
    check(migration.state, S.PAUSED)
    told = {"paused_from": migration.state.value, "problem": migration.problem}
    migration = await move(connection, migration, S.PAUSED, now, "PAUSED", {"by": by}, **told)
    await audited(connection, migration, by, "pauseMigration", now)
    return migration


async def resume(connection: AsyncConnection, flow: str, by: str, now: datetime) -> Migration:
    """Go on where it was paused, or repeat the step that a cut-over or rollback is in the middle of.

    What an audit has found stands until the next one finds nothing.
    """
    migration = await hold_open(connection, flow)
    expect(migration.state, S.PAUSED, S.CUTTING_OVER, S.ROLLING_BACK)
    if migration.state is S.PAUSED:
        if migration.paused_from is None:
            raise Invalid("the migration was paused from nowhere")
        drift = migration.problem if migration.paused_from is S.OBSERVING else None
        migration = await move(connection, migration, migration.paused_from, now, "RESUMED", {"by": by}, problem=drift)
        if migration.state is S.SEEDING:
            await lock_flow(connection, flow)
            await seed(connection, migration, now)
        await order_advance(connection, migration, now)
    elif migration.state is S.CUTTING_OVER:
        await order_replay(connection, migration, now)
    else:
        await order_restore(connection, migration, now)
    await audited(connection, migration, by, "resumeMigration", now)
    return migration


async def abort(connection: AsyncConnection, flow: str, by: str, now: datetime) -> Migration:
    """Give up before the cut-over: the candidate goes back to STANDBY and what it brought in is forgotten."""
    migration = await hold_open(connection, flow)
    check(migration.state, S.ABORTED, migration.paused_from)
    await lock_flow(connection, flow)
    if migration.state not in (S.DRAFT, S.PREFLIGHT):
        await rest(connection, flow, migration.to_lane, now)
    migration = await move(connection, migration, S.ABORTED, now, "ABORTED", {"by": by})
    await audited(connection, migration, by, "abortMigration", now)
    return migration


async def complete(connection: AsyncConnection, flow: str, by: str, now: datetime) -> Migration:
    """COMPLETED by a person's word; the old lane goes on as auditor."""
    migration = await hold_open(connection, flow)
    expect(migration.state, S.OBSERVING)
    migration = await move(connection, migration, S.COMPLETED, now, "COMPLETED", {"by": by})
    await audited(connection, migration, by, "completeMigration", now)
    return migration
