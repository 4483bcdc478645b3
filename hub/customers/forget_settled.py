"""Forget corrections that their systems settled long ago, and fields on which sources came to agree."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_CORRECTIONS: Final = text(
    """DELETE FROM correction WHERE id = ANY(ARRAY(
         SELECT id FROM correction WHERE state <> 'OPEN' AND at < :before LIMIT :limit))"""
)

# What a split is to restore stays with the row.
_CONFLICTS: Final = text(
    """DELETE FROM field_conflict WHERE id = ANY(ARRAY(
         SELECT id FROM field_conflict WHERE state = 'CLOSED' AND closed_at < :before AND earlier = '[]'
         LIMIT :limit))"""
)


async def forget_settled(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete up to `limit` of each from before then; returns how many of most.

    The views of then go with their versions, which are kept no longer.
    """
    given = {"before": before, "limit": limit}
    corrections = (await connection.execute(_CORRECTIONS, given)).rowcount
    return max(corrections, (await connection.execute(_CONFLICTS, given)).rowcount)
