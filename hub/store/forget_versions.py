"""Forget what records once said; that they said it stays in the ledger, by a keyed digest."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# Counted from when another version took its place: the view of any moment behind `before` stays whole.
_FORGET: Final = text(
    """DELETE FROM document_version WHERE id = ANY(ARRAY(
         SELECT v.id FROM document_version v WHERE v.observed_at < :before
           AND EXISTS (SELECT FROM document_version n
             WHERE n.system = v.system AND n.entity = v.entity AND n.external_id = v.external_id
               AND n.version > v.version AND n.observed_at < :before)
         LIMIT :limit))"""
)


async def forget_versions(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete up to `limit` versions that another one had replaced before then; an object's last one always stays."""
    return (await connection.execute(_FORGET, {"before": before, "limit": limit})).rowcount
