"""How much earlier the candidate had what both have, and how long after the source."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.watermark import seeded_at
from hub.migration.comparison import Freshness
from hub.migration.parity.sides import Sides


async def freshness_of(connection: AsyncConnection, sides: Sides) -> tuple[Freshness, float | None]:
    """Freshness over contents that changed since both lanes were at work, and the candidate's p95 lag in seconds.

    What a lane found in its first complete run it did not see coming, so it is left out; before that run there is none.
    """
    since = await _at_work_since(connection, sides)
    if since is None:
        return Freshness(0, None, None), None
    binds = {**sides.binds, "at_work": since}
    gained = (
        await connection.execute(
            text(
                f"""SELECT count(*) AS versions, percentile_cont(ARRAY[0.5, 0.95]) WITHIN GROUP (
                      ORDER BY extract(epoch FROM i.seen - c.seen)) AS gained
                    FROM ({sides.candidate.sightings()}) c, LATERAL ({sides.incumbent.seen()}) i
                    WHERE i.seen IS NOT NULL"""  # noqa: S608  names of ours
            ),
            binds,
        )
    ).one()
    lag: float | None = await connection.scalar(
        text(
            f"""SELECT percentile_cont(0.95) WITHIN GROUP (ORDER BY extract(epoch FROM c.seen - c.stamp))
                FROM ({sides.candidate.sightings()}) c WHERE c.stamp IS NOT NULL"""  # noqa: S608  names of ours
        ),
        binds,
    )
    median, p95 = gained.gained or (None, None)
    return Freshness(gained.versions, median, p95), lag


async def _at_work_since(connection: AsyncConnection, sides: Sides) -> datetime | None:
    """The later of the lanes' beginnings; one that counts was at work before."""
    began = [
        await seeded_at(connection, s.lane.lane_id) for s in (sides.incumbent, sides.candidate) if not s.lane.counts
    ]
    known = [at for at in began if at is not None]
    return max(known) if known and len(known) == len(began) else None
