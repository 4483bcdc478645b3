"""Forget what was offered long ago, and what happened with it, once no rule looks at it any more."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_DECISIONS: Final = text(
    """DELETE FROM decision WHERE id = ANY(ARRAY(
         SELECT id FROM decision WHERE decided_at < :before ORDER BY decided_at LIMIT :limit))"""
)

# What learning has not counted yet stays until it has.
_EVENTS: Final = text(
    """DELETE FROM contact_event WHERE event_id = ANY(ARRAY(
         SELECT event_id FROM contact_event WHERE occurred_at < :before AND counted
         ORDER BY occurred_at LIMIT :limit))"""
)


async def forget_decisions(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete up to `limit` decisions from before then with their entries; returns how many decisions."""
    given = {"before": before, "limit": limit}
    return (await connection.execute(_DECISIONS, given)).rowcount


async def forget_contact_events(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete up to `limit` contact events that happened before then; returns how many."""
    given = {"before": before, "limit": limit}
    return (await connection.execute(_EVENTS, given)).rowcount
