"""Bring what is live in line after authority has moved. Repeated, it finds less to do each time, then nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Transient
from hub.flows.adopt import adopt_fingerprints
from hub.flows.incoming import Incoming
from hub.flows.lane import LaneContext, lane_of
from hub.flows.take_in import commit_page, reader_of, reread
from hub.flows.twins import forget_twins
from hub.flows.watermark import watermark
from hub.migration.comparing import MigrationRoom
from hub.migration.evidence import append
from hub.migration.stored import Migration, by_id, hold, move, put
from hub.migration.twin_differences import different, twins_as_of, twins_since
from hub.records.migration import MigrationState

Stopping = Callable[[], bool]

OVERLAP: Final = timedelta(minutes=15)
"""Before the last window, for versions that commit late at the source."""

S = MigrationState

_BROUGHT: Final = text("""
SELECT DISTINCT external_id FROM change_ledger
WHERE lane_id = :lane AND observed_at >= :since AND external_id > :after ORDER BY external_id LIMIT 500""")

_AUDITED: Final = text("""
SELECT max(source_since) FROM flow_run
WHERE lane_id = :lane AND state = 'COMPLETED' AND started_at > :since AND finished_at <= :until""")


async def replay(room: MigrationRoom, migration_id: UUID, stopping: Stopping = lambda: False) -> MigrationState:
    """After a cut-over: apply the candidate's twins since the last window and ask the source where live differs.

    A value of the batch whose `as_of` is later than the candidate's would survive any replay: only a read by id ends
    it. Where nobody can be asked the candidate is believed as of its watermark. Ends in OBSERVING; Transient when it
    must go on later.
    """
    migration = await _by_id(room, migration_id)
    if migration.state is not S.CUTTING_OVER:
        return migration.state
    counters: Counter[str] = Counter()
    if room.desk.flow(migration.flow).inbound:
        lane = await _lane(room, migration.to_lane)
        counters += await _replay_twins(room, migration, lane, stopping)
        async with room.engine.database.reading() as connection:
            reached = await watermark(connection, migration.to_lane, room.engine.clock())
        counters += await _settle_differences(room, lane, reached, stopping)
        counters["adopted"] = await adopt_fingerprints(room.engine.database, lane)
    now = room.engine.clock()
    async with room.engine.database.transaction() as connection:
        migration = await hold(connection, migration_id)
        if migration.state is S.CUTTING_OVER:
            await forget_twins(connection, migration.to_lane)
            migration = await move(connection, migration, S.OBSERVING, now, "RECONCILED", {"counters": counters})
    return migration.state


async def restore(room: MigrationRoom, migration_id: UUID, stopping: Stopping = lambda: False) -> MigrationState:
    """After a rollback: ask the source about all that the failed lane brought in; ROLLED_BACK once its run is through.

    What it failed to bring in comes by the restored lane's run, or lies in that lane's twins: a file that it read as
    auditor is not read again. Where nobody can be asked the twins are believed as of the last audit.
    """
    migration = await _by_id(room, migration_id)
    if migration.state is not S.ROLLING_BACK or migration.reconciled_at is not None:
        return migration.state
    counters: Counter[str] = Counter()
    if room.desk.flow(migration.flow).inbound:
        lane = await _lane(room, migration.from_lane)
        after: str | None = ""
        while after is not None:
            _check(stopping)
            async with room.engine.database.reading() as connection:
                ids = await _brought(connection, migration, after)
            counters += await reread(room.engine, lane, ids)
            after = ids[-1] if ids else None
        async with room.engine.database.reading() as connection:
            reached = await _audited_until(connection, migration)
        if reached is not None:
            counters += await _settle_differences(room, lane, reached, stopping)
    now = room.engine.clock()
    async with room.engine.database.transaction() as connection:
        migration = await hold(connection, migration_id)
        if migration.state is S.ROLLING_BACK:
            await forget_twins(connection, migration.to_lane)
            await forget_twins(connection, migration.from_lane)
            await put(connection, migration, now, reconciled_at=now)
            await append(connection, migration.id, "RESTORED", {"counters": counters}, now)
    return migration.state


async def _brought(connection: AsyncConnection, migration: Migration, after: str) -> list[str]:
    binds = {"lane": migration.to_lane, "since": migration.cut_over_at, "after": after}
    return list((await connection.execute(_BROUGHT, binds)).scalars())


async def _replay_twins(
    room: MigrationRoom, migration: Migration, lane: LaneContext, stopping: Stopping
) -> Counter[str]:
    counters: Counter[str] = Counter()
    async with room.engine.database.reading() as connection:
        last: datetime | None = await connection.scalar(
            text("SELECT max(since) FROM parity_run WHERE migration = :id AND NOT audit"), {"id": migration.id}
        )
    if last is None:
        return counters
    after: str | None = ""
    while after is not None:
        _check(stopping)
        async with room.engine.database.reading() as connection:
            page, after = await twins_since(connection, lane, last - OVERLAP, after)
        counters += await _apply(room, lane, page)
        counters["replayed"] += page.read
    return counters


async def _audited_until(connection: AsyncConnection, migration: Migration) -> datetime | None:
    """The source time that the old lane's twins tell of: its last whole run as auditor; None where it had none."""
    binds = {"lane": migration.from_lane, "since": migration.cut_over_at, "until": migration.rolled_back_at}
    until: datetime | None = await connection.scalar(_AUDITED, binds)
    return until


async def _settle_differences(
    room: MigrationRoom, lane: LaneContext, reached: datetime | None, stopping: Stopping
) -> Counter[str]:
    """Read what differs from the lane's twins; where nobody can be asked, believe the twins as of `reached`."""
    counters: Counter[str] = Counter()
    after: str | None = ""
    while after is not None:
        _check(stopping)
        async with room.engine.database.reading() as connection:
            ids = await different(connection, lane, lane.lane_id, after)
        if ids and reader_of(room.engine, lane) is not None:
            counters += await reread(room.engine, lane, ids)
        elif ids and reached is not None:
            async with room.engine.database.reading() as connection:
                page = await twins_as_of(connection, lane, ids, reached)
            counters += await _apply(room, lane, page)
        counters["different"] += len(ids)
        after = ids[-1] if ids else None
    return counters


async def _apply(room: MigrationRoom, lane: LaneContext, page: Incoming) -> Counter[str]:
    mapping = room.engine.mapping(lane.road, lane.entity)
    applied = await commit_page(room.engine, lane, page, mapping)
    counters = Counter(applied.counters)
    if applied.doubtful:
        counters += await reread(room.engine, lane, applied.doubtful)
    return counters


async def _by_id(room: MigrationRoom, migration_id: UUID) -> Migration:
    async with room.engine.database.reading() as connection:
        return await by_id(connection, migration_id)


async def _lane(room: MigrationRoom, lane_id: int) -> LaneContext:
    async with room.engine.database.reading() as connection:
        return await lane_of(connection, lane_id)


def _check(stopping: Stopping) -> None:
    if stopping():
        raise Transient("the reconciliation goes on later: the worker is stopping")
