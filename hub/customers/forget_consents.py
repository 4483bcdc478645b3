"""Forget what was once said of consent and counts no more, neither now nor ever again."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# A system that has an object again has its last statement again, so that one stays until the object's image is gone.
# A no has no end; a confirmation that never came does not end either, and may stand before a yes to all channels.
_FORGET: Final = text(
    """WITH gone AS (
         DELETE FROM consent_statement WHERE id = ANY(ARRAY(
           (SELECT s.id FROM consent_statement s WHERE s.ended_at < :before
              AND EXISTS (SELECT FROM consent_statement n
                WHERE n.system = s.system AND n.external_id = s.external_id AND n.version > s.version) LIMIT :limit)
           UNION ALL
           (SELECT s.id FROM consent_statement s WHERE s.system = 'hub' AND s.valid_to < :before LIMIT :limit)
           LIMIT :limit))
         RETURNING system, external_id, version),
       shown AS (
         DELETE FROM consent c USING gone g
         WHERE g.system = 'hub' AND c.system = 'hub' AND c.external_id = g.external_id AND c.version = g.version)
       SELECT count(*) FROM gone"""
)


async def forget_consents(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete up to `limit` statements that a later one replaced, or that were recorded here and ended, before then.

    Returns how many. What holds at any moment from `before` on stays as it is.
    """
    count: int = await connection.scalar(_FORGET, {"before": before, "limit": limit})
    return count
