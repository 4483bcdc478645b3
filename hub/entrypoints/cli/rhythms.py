"""How often each flow runs now, where a migration may have moved it since hub.yaml was written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from hub.reads.flows import LaneRow, lanes_of
from hub.reads.migrations import MigrationRow, latest_migrations
from hub.records.lanes import LaneMode
from hub.records.migration import MigrationState
from hub.store.engine import Database, open_engine

ANSWER_WITHIN_MS: Final = 5_000
S = MigrationState
ENDED: Final = frozenset({S.COMPLETED, S.ABORTED, S.ROLLED_BACK})


async def rhythms_now(url: str, flows: Sequence[str]) -> Mapping[str, str]:
    """Per flow the lane that counts, and the migration that is under way; without those the database does not know.

    A database that does not answer, or has no schema yet, knows none: hub.yaml is all there is to tell then.
    """
    database = Database(open_engine(url, 1, ANSWER_WITHIN_MS))
    try:
        async with database.reading() as connection:
            lanes = await lanes_of(connection, flows)
            migrations = await latest_migrations(connection, flows)
    except (SQLAlchemyError, OSError):
        return {}
    finally:
        await database.aclose()
    return {
        flow: _rhythm(lane) + _under_way(migrations.get(flow))
        for flow, its_lanes in lanes.items()
        for lane in its_lanes
        if lane.mode == LaneMode.AUTHORITATIVE
    }


def _rhythm(lane: LaneRow) -> str:
    return " ".join(word for word in (lane.cadence, lane.road and f"by {lane.road}", lane.cron) if word)


def _under_way(migration: MigrationRow | None) -> str:
    if migration is None or MigrationState(migration.state) in ENDED:
        return ""
    return f"; {migration.from_cadence} → {migration.to_cadence} is {migration.state}"
