"""Start a planned migration: seed the candidate beside the lane that counts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.start_run import start_run
from hub.flows.twins import begin_twins
from hub.flows.watermark import watermark
from hub.migration.desk import Desk
from hub.migration.lanes import end_runs, lane, lock_flow, set_mode
from hub.migration.person import audited
from hub.migration.plan import ready_to_start
from hub.migration.stored import Migration, hold_open, move, put
from hub.records.identity import FlowName
from hub.records.lanes import LaneMode
from hub.records.migration import MigrationState


async def start(connection: AsyncConnection, desk: Desk, flow_name: str, by: str, now: datetime) -> Migration:
    """SEEDING: the candidate becomes SHADOW and its first run reads everything into twins.

    A flow from the hub has nothing to seed: its candidate records from now on what it would send. Conflict unless it
    is planned and nothing blocks it.
    """
    desk.flow(flow_name)
    migration = await hold_open(connection, flow_name)
    ready_to_start(migration)
    held = await lock_flow(connection, flow_name)
    position = {
        "by": by,
        "epoch": held.epoch,
        "incumbent_watermark": await watermark(connection, migration.from_lane, now),
        "evidence_shown": migration.evidence_digest.hex(),
    }
    await set_mode(connection, flow_name, migration.to_lane, LaneMode.SHADOW, now)
    migration = await move(connection, migration, MigrationState.SEEDING, now, "STARTED", position)
    await audited(connection, migration, by, "startMigration", now)
    if not held.inbound:
        return await move(connection, migration, MigrationState.SHADOW, now, "SEEDED", {"run": None}, shadow_since=now)
    return await seed(connection, migration, now)


async def seed(connection: AsyncConnection, migration: Migration, now: datetime) -> Migration:
    """Queue the candidate's backfill into empty twins; the migration must be held and SEEDING, the flow locked.

    A run that its lane began before would be taken for the backfill, although what it brought in is forgotten.
    """
    await end_runs(connection, migration.to_lane, "its lane is seeded anew", now)
    await begin_twins(connection, migration.to_lane, now)
    candidate = await lane(connection, migration.to_lane)
    run = await start_run(connection, FlowName(migration.flow), now, None, candidate.cadence)
    await put(connection, migration, now, seed_run=run)
    return migration
