"""The cut-over: authority moves in one short transaction, the reconciliation is ordered in it and follows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict
from hub.flows.twins import begin_twins
from hub.flows.watermark import watermark
from hub.migration.desk import Desk
from hub.migration.facts import as_body, gates_of, require
from hub.migration.lanes import hand_over, lanes_of, lock_flow, rest
from hub.migration.person import audited
from hub.migration.states import expect
from hub.migration.stored import Migration, hold_open, move
from hub.migration.work import order_replay
from hub.records.lanes import LaneMode
from hub.records.migration import MigrationState


async def cut_over(connection: AsyncConnection, desk: Desk, flow_name: str, by: str, now: datetime) -> Migration:
    """CUTTING_OVER: epoch + 1, the candidate counts, the old lane audits, the replay is ordered.

    Waits for pages in hand; whoever comes later under the old epoch is refused. Conflict without an approval, when a
    gate has closed since, or while the candidate is behind the last window. Transient when a page takes too long.
    """
    flow = desk.flow(flow_name)
    migration = await hold_open(connection, flow_name)
    expect(migration.state, MigrationState.APPROVED)
    held = await lock_flow(connection, flow_name, flow.prerequisites if migration.rules.prerequisites else ())
    gates = await gates_of(connection, desk, migration, now)
    require(gates)
    if held.inbound:
        await _require_caught_up(connection, migration, now)
    cursor = await connection.scalar(
        text("SELECT cursor FROM lane_cursor WHERE lane_id = :lane"), {"lane": migration.from_lane}
    )
    await hand_over(connection, flow_name, migration.from_lane, migration.to_lane, LaneMode.VERIFY, now)
    if held.inbound:
        await begin_twins(connection, migration.from_lane, now)
    await _dismiss_auditors(connection, migration, now)
    body = {"by": by, "epoch": held.epoch, "approved_by": migration.approved_by, "gates": as_body(gates)}
    columns = {"cut_over_at": now, "incumbent_epoch": held.epoch, "incumbent_cursor": cursor}
    migration = await move(connection, migration, MigrationState.CUTTING_OVER, now, "CUT_OVER", body, **columns)
    await order_replay(connection, migration, now)
    await audited(connection, migration, by, "cutOverMigration", now, {"epoch": held.epoch + 1})
    return migration


async def _dismiss_auditors(connection: AsyncConnection, migration: Migration, now: datetime) -> None:
    """The auditor of an earlier migration compared the lane that is an auditor itself by now."""
    for row in await lanes_of(connection, migration.flow):
        if row.mode is LaneMode.VERIFY and row.id != migration.from_lane:
            await rest(connection, migration.flow, row.id, now)


async def _require_caught_up(connection: AsyncConnection, migration: Migration, now: datetime) -> None:
    """The candidate must have everything up to the last window, read behind the lock."""
    last: datetime | None = await connection.scalar(
        text("SELECT max(until) FROM parity_run WHERE migration = :id"), {"id": migration.id}
    )
    reached = await watermark(connection, migration.to_lane, now)
    if last is not None and (reached is None or reached < last):
        raise Conflict(f"the candidate has come to {reached}, the last window ends at {last}: let it run once more")
