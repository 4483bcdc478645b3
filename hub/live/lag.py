"""How far the feed is behind what has committed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

COUNTED_AT_MOST = 10_000

_LAG = text("""
SELECT (SELECT count(*) FROM (SELECT FROM change_pending LIMIT :most) AS counted),
       (SELECT at FROM change_pending ORDER BY id LIMIT 1)
""")


@dataclass(frozen=True, slots=True)
class FeedLag:
    """Committed changes without a position, counted up to COUNTED_AT_MOST, and the age of the first, in seconds."""

    pending: int
    oldest_s: float


async def measure_lag(connection: AsyncConnection, now: datetime) -> FeedLag:
    """Zero and zero when every committed change has its position."""
    pending, oldest = (await connection.execute(_LAG, {"most": COUNTED_AT_MOST})).one()
    return FeedLag(pending, 0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()))
