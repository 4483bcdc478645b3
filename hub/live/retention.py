"""Let go of changes that nobody can be behind any more."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# Oldest first and only as far as the first change that is kept: the feed stays without gaps although `at` need not
# grow with the position. The row of feed_tail comes last because the sequencer waits for it.
_TRIM = text("""
WITH oldest AS (
  SELECT position, at FROM change_feed ORDER BY position LIMIT :limit
), old AS (
  SELECT max(position) AS position FROM oldest
   WHERE position < coalesce((SELECT min(position) FROM oldest WHERE at >= :kept_from), 9223372036854775807)
), gone AS (
  DELETE FROM change_feed WHERE position <= (SELECT position FROM old) RETURNING position
)
SELECT count(*), max(position) FROM gone
""")

_MOVE_TAIL = text("UPDATE feed_tail SET position = greatest(position, :position) WHERE id = 1")


async def trim(connection: AsyncConnection, keep: timedelta, now: datetime, limit: int = 20_000) -> int:
    """Remove up to `limit` of the oldest changes from before `now - keep`, and answer how many; repeat until fewer.

    Cursors into what was removed raise CursorTooOld from then on. Commit soon: the sequencer waits for it.
    """
    removed, last = (await connection.execute(_TRIM, {"kept_from": now - keep, "limit": limit})).one()
    if last is not None:
        await connection.execute(_MOVE_TAIL, {"position": last})
    return int(removed)
