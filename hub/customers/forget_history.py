"""Forget the digests of golden records as they were long ago."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# A customer that comes back after a merge takes his age from the first row and goes on behind the last.
_FORGET: Final = text(
    """DELETE FROM customer_history WHERE id = ANY(ARRAY(
         SELECT h.id FROM customer_history h WHERE h.at < :before AND h.version > 1
           AND EXISTS (SELECT FROM customer_history n
             WHERE n.customer_id = h.customer_id AND n.version > h.version AND n.at < :before)
         LIMIT :limit))"""
)


async def forget_history(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete up to `limit` rows that another version had followed before then; the first and the last stay."""
    return (await connection.execute(_FORGET, {"before": before, "limit": limit})).rowcount
