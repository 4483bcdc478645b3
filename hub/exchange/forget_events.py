"""Forget events that were taken in long ago, so that the inbox stays small and holds nobody's data for good."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.inbox import OF_INBOX

# What still waits stays, however old: it is on its way, or its work is a dead letter that a person may requeue.
_EVENTS: Final = text(
    """DELETE FROM inbox_event WHERE (system, event_id) IN (
         SELECT system, event_id FROM inbox_event WHERE received_at < :before AND state <> 'NEW'
         ORDER BY received_at LIMIT :limit)"""
)

# A process uses the key of the running day only, so nothing can come under an older one any more.
_KEYS: Final = text(
    """DELETE FROM subject_key k
       WHERE k.system = ANY (SELECT name || :of_inbox FROM connected_system) AND k.created_at < :before
         AND NOT EXISTS (SELECT 1 FROM inbox_event e WHERE e.subject_key_id = k.id)"""
)


async def forget_events(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete up to `limit` settled events received before then, and keys no event needs; returns how many events."""
    deleted = (await connection.execute(_EVENTS, {"before": before, "limit": limit})).rowcount
    await connection.execute(_KEYS, {"before": before, "of_inbox": OF_INBOX})
    return deleted
