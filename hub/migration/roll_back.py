"""Take a cut-over back: the old lane counts again, runs its window anew, and the source settles what differs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict
from hub.flows.start_run import start_run
from hub.migration.desk import Desk
from hub.migration.lanes import end_runs, hand_over, lane, lock_flow
from hub.migration.loads import outpacing
from hub.migration.person import audited
from hub.migration.states import check
from hub.migration.stored import Migration, hold_last_cut_over, move, open_migrations
from hub.migration.undo import undo_counts
from hub.migration.work import order_restore
from hub.records.identity import FlowName
from hub.records.lanes import LaneMode
from hub.records.migration import MigrationState


async def roll_back(
    connection: AsyncConnection, desk: Desk, flow_name: str, by: str, reason: str, now: datetime
) -> Migration:
    """ROLLING_BACK: epoch + 1, the old lane counts again from where it stood at the cut-over.

    Flows that wait for this one and are faster than the old lane do not hold it up: a way back is always open. The
    evidence names them (`outpacing`).
    A completed migration can still be taken back while its lane is the one that counts. Conflict otherwise.
    """
    desk.flow(flow_name)
    migration = await hold_last_cut_over(connection, flow_name)
    check(migration.state, MigrationState.ROLLING_BACK, migration.paused_from)
    if other := [each for each in await open_migrations(connection, flow_name) if each != migration.id]:
        raise Conflict(f"flow {flow_name} has another migration under way ({other[0]}): abort it first")
    migration = await take_back(connection, migration, by, now, {"reason": reason})
    await audited(connection, migration, by, "rollBackMigration", now)
    return migration


async def take_back(
    connection: AsyncConnection, migration: Migration, by: str, now: datetime, why: Mapping[str, object]
) -> Migration:
    """The rollback itself; the migration must be held."""
    held = await lock_flow(connection, migration.flow)
    failed = await lane(connection, migration.to_lane)
    if failed.mode is not LaneMode.AUTHORITATIVE:
        raise Conflict(f"the {failed.cadence.value} lane of flow {migration.flow} does not count any more")
    undo = await undo_counts(connection, migration)
    await hand_over(connection, migration.flow, migration.to_lane, migration.from_lane, LaneMode.STANDBY, now)
    await end_runs(connection, migration.to_lane, "its cut-over was taken back", now)
    run = None
    if held.inbound:
        await _rewind(connection, migration, now)
        # What it had in hand as auditor is of no use now, and may stand still: the run it needs must not wait for that.
        await end_runs(connection, migration.from_lane, "its lane counts again", now, begun=True)
        restored = await lane(connection, migration.from_lane)
        run = await start_run(connection, FlowName(migration.flow), now, None, restored.cadence)
    faster = await outpacing(connection, migration.flow, migration.from_lane)
    body = {"by": by, "epoch": held.epoch, "undo": undo, "run": run, "outpacing": faster, **why}
    migration = await move(
        connection, migration, MigrationState.ROLLING_BACK, now, "ROLLING_BACK", body, rolled_back_at=now
    )
    await order_restore(connection, migration, now)
    return migration


async def _rewind(connection: AsyncConnection, migration: Migration, now: datetime) -> None:
    """Put the restored lane where it stood at the cut-over; what it saw as auditor went into twins only."""
    await connection.execute(text("DELETE FROM lane_cursor WHERE lane_id = :lane"), {"lane": migration.from_lane})
    if migration.incumbent_cursor is None:
        return
    await connection.execute(
        text(
            """INSERT INTO lane_cursor (lane_id, cursor, run_id, updated_at)
               VALUES (:lane, CAST(:cursor AS jsonb), NULL, :now)"""
        ),
        {
            "lane": migration.from_lane,
            "cursor": orjson.dumps(migration.incumbent_cursor).decode(),
            "now": now,
        },
    )
