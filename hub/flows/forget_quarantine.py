"""Forget quarantined objects that were closed long ago, and objects that showed a drift which is seen no more."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# What a person discarded or corrected must not come back with the next full export: its row stays, without content,
# and its keyed digest recognises the bytes.
_FORGET: Final = text(
    """WITH old AS (
         SELECT id, state = 'DISCARDED' OR corrected_at IS NOT NULL AS remembered FROM quarantine
         WHERE state <> 'OPEN' AND body <> '' AND at < :before AND coalesce(settled_at, at) < :before
         ORDER BY at LIMIT :limit),
       emptied AS (
         UPDATE quarantine q SET body = '', content = NULL, corrected = NULL FROM old
         WHERE q.id = old.id AND old.remembered),
       deleted AS (DELETE FROM quarantine q USING old WHERE q.id = old.id AND NOT old.remembered)
       SELECT count(*) FROM old"""
)


_DRIFTED: Final = text(
    """UPDATE contract_drift SET body = NULL, subject_key_id = NULL WHERE id = ANY(ARRAY(
         SELECT id FROM contract_drift WHERE body IS NOT NULL AND last_seen_at < :before LIMIT :limit))"""
)


async def forget_quarantine(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Up to `limit` objects that waited and were closed before then, and as many that drifted; how many of most."""
    given = {"before": before, "limit": limit}
    forgotten: int = await connection.scalar(_FORGET, given)
    return max(forgotten, (await connection.execute(_DRIFTED, given)).rowcount)
