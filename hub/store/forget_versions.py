"""Forget what records once said, or what that was mapped from; that they said it stays in the ledger, as a digest."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# Counted from when another version took its place: the view of any moment behind `before` stays whole.
_REPLACED: Final = """v.observed_at < :before AND EXISTS (SELECT FROM document_version n
  WHERE n.system = v.system AND n.entity = v.entity AND n.external_id = v.external_id
    AND n.version > v.version AND n.observed_at < :before)"""

_FORGET: Final = text(
    f"""DELETE FROM document_version WHERE id = ANY(ARRAY(
         SELECT v.id FROM document_version v WHERE {_REPLACED} LIMIT :limit))"""  # noqa: S608  a constant
)

_FORGET_ORIGINALS: Final = text(
    f"""UPDATE document_version SET original = NULL WHERE id = ANY(ARRAY(
         SELECT v.id FROM document_version v WHERE v.original IS NOT NULL AND {_REPLACED} LIMIT :limit))"""  # noqa: S608  a constant
)


async def forget_versions(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Delete up to `limit` versions that another one had replaced before then; an object's last one always stays."""
    return (await connection.execute(_FORGET, {"before": before, "limit": limit})).rowcount


async def forget_originals(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Empty up to `limit` originals of such versions, which stay."""
    return (await connection.execute(_FORGET_ORIGINALS, {"before": before, "limit": limit})).rowcount
