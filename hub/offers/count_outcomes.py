"""Count outcomes for learning: off the road of who reports them, each event once, in any order."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# Counted and marked in one statement. Whoever counts at the same time takes other events; the sums are added in one
# order of keys, so that two of them never wait for each other in a ring.
_COUNT: Final = text(
    """
    WITH taken AS (
      UPDATE contact_event SET counted = true WHERE event_id = ANY(ARRAY(
        SELECT event_id FROM contact_event WHERE NOT counted ORDER BY recorded_at LIMIT :limit
        FOR UPDATE SKIP LOCKED))
      RETURNING kind, proposition, segment, occurred_at),
    summed AS (
      INSERT INTO propensity_count AS p (proposition, segment, day, shown, accepted)
      SELECT proposition, segment, CAST(occurred_at AT TIME ZONE 'UTC' AS date),
        count(*) FILTER (WHERE kind = 'SHOWN'), count(*) FILTER (WHERE kind = 'ACCEPTED')
      FROM taken WHERE proposition IS NOT NULL AND kind IN ('SHOWN', 'ACCEPTED')
      GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
      ON CONFLICT (proposition, segment, day)
        DO UPDATE SET shown = p.shown + excluded.shown, accepted = p.accepted + excluded.accepted)
    SELECT count(*) FROM taken
    """
)


async def count_outcomes(connection: AsyncConnection, now: datetime, limit: int) -> int:
    """Take up to `limit` events that are not counted yet, the oldest record first, and tell how many."""
    return int(await connection.scalar(_COUNT, {"limit": limit}) or 0)
