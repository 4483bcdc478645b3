"""Forget what was offered long ago, and what happened with it, once no rule looks at it any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.offers.reported import OLDEST

DECISIONS_KEPT: Final = timedelta(days=366)
"""A year, to look at last year's Christmas; answers come within days, and the events themselves tell of the rest."""

EVENTS_KEPT: Final = OLDEST + timedelta(days=2)
"""Older ones are not taken in, so that an id that is forgotten cannot come back as a new event."""

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


async def forget_decisions(connection: AsyncConnection, now: datetime, limit: int) -> int:
    """Delete up to `limit` decisions from before DECISIONS_KEPT with their entries; returns how many decisions."""
    given = {"before": now - DECISIONS_KEPT, "limit": limit}
    return (await connection.execute(_DECISIONS, given)).rowcount


async def forget_contact_events(connection: AsyncConnection, now: datetime, limit: int) -> int:
    """Delete up to `limit` contact events that happened before EVENTS_KEPT; returns how many."""
    given = {"before": now - EVENTS_KEPT, "limit": limit}
    return (await connection.execute(_EVENTS, given)).rowcount
