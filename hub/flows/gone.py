"""Find what no longer exists at the source, or changed behind the cursor, and make the hub follow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import text

from hub.errors import Conflict
from hub.flows.engine_room import EngineRoom
from hub.flows.images import images_of
from hub.flows.lane import fence
from hub.flows.quarantine import lane_binds, waiting_for
from hub.flows.runs import OpenRun, keep_seen
from hub.flows.take_in import reader_of, reread, take_in_read
from hub.ports.pages import SweepPage
from hub.records.identity import ExternalId
from hub.records.source import SourceObject
from hub.store.sets import run_set

SWEEP_PAGE: Final = 2000
SHARE_COUNTS_FROM: Final = 20
"""Below this many records a share says nothing: one deletion of three customers is no accident."""


async def sweep(room: EngineRoom, run: OpenRun, max_delete_share: float) -> None:
    """Walk the ids that exist now; read again those that are new here or differ, then confirm what is missing."""
    port, lane = room.systems.port(run.lane.road), run.lane
    began = await port.now()
    after: str | None = None
    while True:
        page = await port.sweep(lane.entity, after, SWEEP_PAGE)
        different = await _different(room, run, page)
        run.counters.update(await reread(room, lane, different))
        if page.after is None:
            break
        after = page.after
    await delete_missing(room, run, began, max_delete_share)


async def _different(room: EngineRoom, run: OpenRun, page: SweepPage) -> list[str]:
    ids = [swept.external_id for swept in page.ids]
    images = images_of(run.lane)
    async with room.database.transaction() as connection:
        await fence(connection, run.lane)
        await keep_seen(connection, run.id, ids)
        rows = await run_set(
            connection,
            f"""SELECT s.external_id, s.fingerprint FROM json_array_elements_text(CAST(:rows AS json)) AS r(external_id)
                CROSS JOIN LATERAL (SELECT o.external_id, o.fingerprint, o.deleted FROM {images.table} o
                  WHERE {images.where} AND o.external_id = r.external_id LIMIT 1) s
                WHERE NOT s.deleted
                UNION ALL SELECT q.external_id, NULL FROM quarantine q
                JOIN json_array_elements_text(CAST(:rows AS json)) AS r(external_id) ON r.external_id = q.external_id
                WHERE {waiting_for(run.lane)}""",  # noqa: S608  names of ours
            ids,
            **{**images.key, **lane_binds(run.lane)},
        )
        known = {row.external_id: row.fingerprint for row in rows}
    return [
        swept.external_id
        for swept in page.ids
        if swept.external_id not in known
        or (None not in (swept.fingerprint, known[swept.external_id]) and swept.fingerprint != known[swept.external_id])
    ]


async def delete_missing(room: EngineRoom, run: OpenRun, since: datetime, max_share: float) -> None:
    """Delete what the run's complete set did not hold; `since` is when the reading of the set began, source time.

    Conflict when that is more than `max_share` of all: an emptied or half-written source must not empty the hub.
    """
    missing, living = await _missing(room, run, since)
    if not missing:
        return
    if living >= SHARE_COUNTS_FROM and len(missing) > max_share * living:
        raise Conflict(
            f"{len(missing)} of {living} {run.lane.entity.value} records of {run.lane.system} are missing at the "
            f"source, more than max_delete_share ({max_share:g}) allows; nothing was deleted. If it is right, "
            f"raise the share for one run of {run.lane.flow}"
        )
    if reader_of(room, run.lane) is not None:
        run.counters.update(await reread(room, run.lane, missing))
        return
    tombstones = [SourceObject(run.lane.entity, ExternalId(i), None, since) for i in missing]
    run.counters.update(await take_in_read(room, run.lane, tombstones, run.lane.road))


async def _missing(room: EngineRoom, run: OpenRun, since: datetime) -> tuple[Sequence[str], int]:
    images = images_of(run.lane)
    binds = {**images.key, "run": run.id, "since": since}
    async with room.database.transaction() as connection:
        # Whoever ended the run forgot what it had seen: to one who stood still meanwhile everything would be missing.
        await fence(connection, run.lane)
        missing = await connection.execute(
            text(
                f"""SELECT external_id FROM {images.table} s
                    WHERE {images.where} AND NOT deleted AND as_of < :since
                      AND NOT EXISTS (SELECT 1 FROM run_seen r WHERE r.run_id = :run AND r.external_id = s.external_id)
                    ORDER BY external_id"""  # noqa: S608  names of ours
            ),
            binds,
        )
        living = await connection.scalar(
            text(f"SELECT count(*) FROM {images.table} WHERE {images.where} AND NOT deleted"),  # noqa: S608  names of ours
            images.key,
        )
        return [row.external_id for row in missing], living or 0
