"""Forget what settled commands changed: the values are personal data in the clear, and have arrived."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# A command that is refused, dead or unknown waits for a person, who may send it again. The row itself stays: its key
# keeps the same effect from being ordered twice.
_FORGET: Final = text(
    """UPDATE outbound_command SET changes = '[]' WHERE id = ANY(ARRAY(
         SELECT id FROM outbound_command
         WHERE state IN ('DONE', 'MERGED', 'CANCELLED') AND changes <> '[]' AND finished_at < :before
         ORDER BY finished_at LIMIT :limit))"""
)


async def forget_changes(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Empty up to `limit` commands that ended well before then; returns how many."""
    return (await connection.execute(_FORGET, {"before": before, "limit": limit})).rowcount
