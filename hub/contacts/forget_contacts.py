"""Forget contacts, kept promises and the timeline once they are old."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# What systems were told of a contact stands under its id; legs and dialogs go with the session.
_SESSIONS: Final = text(
    """WITH gone AS (
         DELETE FROM customer_session WHERE id = ANY(ARRAY(
           SELECT id FROM customer_session WHERE started_at < :before AND state = 'CLOSED' AND ended_at < :before
           LIMIT :limit)) RETURNING contact_id),
       untold AS (
         DELETE FROM target_image t USING gone g CROSS JOIN connected_system s
         WHERE t.target = s.name AND t.entity IN ('contact', 'wrap_up') AND t.external_id = g.contact_id)
       SELECT count(*) FROM gone"""
)

_PROMISES: Final = text(
    """DELETE FROM commitment WHERE id = ANY(ARRAY(
         SELECT id FROM commitment WHERE settled_at < :before LIMIT :limit))"""
)

_TIMELINE: Final = text(
    """DELETE FROM timeline_entry WHERE id = ANY(ARRAY(
         SELECT id FROM timeline_entry WHERE at < :before LIMIT :limit))"""
)


async def forget_sessions(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete up to `limit` sessions that were closed before then and as many settled promises; how many of most."""
    given = {"before": before, "limit": limit}
    sessions: int = await connection.scalar(_SESSIONS, given)
    return max(sessions, (await connection.execute(_PROMISES, given)).rowcount)


async def forget_timeline(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete up to `limit` entries of what happened before then; returns how many."""
    return (await connection.execute(_TIMELINE, {"before": before, "limit": limit})).rowcount
