"""Forget what objects said that their systems deleted long ago; that they were deleted stays.

Only what belongs to customers: of a customer himself the last image is all that is left to tell who he was, and his
end is an erasure.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.accept import NEVER
from hub.flows.project_belongings import TABLE_OF
from hub.records.identity import Entity

# What the row is afterwards is what a tombstone makes that comes first: an older content never outdates it.
_DUE: Final = text(
    """WITH due AS (
         SELECT s.system, s.entity, s.external_id FROM source_record s
         WHERE s.deleted AND s.document IS NOT NULL AND s.entity <> 'customer'
           AND s.entity <> 'campaign' AND s.deleted_as_of < :before
           AND NOT EXISTS (SELECT FROM business_request r JOIN request_handling h ON h.request_id = r.id
             WHERE s.entity = 'business_request' AND r.system = s.system AND r.external_id = s.external_id
               AND h.closed_at IS NULL)
         ORDER BY s.deleted_as_of LIMIT :limit FOR UPDATE SKIP LOCKED)
       UPDATE source_record s SET as_of = :never, stamp = NULL, fingerprint = NULL, digest = ''::bytea,
         document = NULL, owner = NULL, version = 0, mapping_version = ''
       FROM due d WHERE s.system = d.system AND s.entity = d.entity AND s.external_id = d.external_id
       RETURNING s.system, s.entity, s.external_id"""
)

_THESE: Final = "(t.system, t.external_id) IN (SELECT * FROM unnest(CAST(:s AS text[]), CAST(:e AS text[])))"

# The contents are counted anew from 1 when the system has the object again.
_VERSIONS: Final = text(f"DELETE FROM document_version t WHERE t.entity = :entity AND {_THESE}")  # noqa: S608  constant
_STATEMENTS: Final = text(f"DELETE FROM consent_statement t WHERE {_THESE}")  # noqa: S608  constant texts


async def forget_deleted(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Empty the last images of up to `limit` objects that were deleted before then; returns how many.

    Their versions and what is shown of them go as well.
    """
    due: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for row in await connection.execute(_DUE, {"before": before, "limit": limit, "never": NEVER}):
        due[row.entity].append((row.system, row.external_id))
    for entity, objects in due.items():
        binds = {"s": [system for system, _ in objects], "e": [external_id for _, external_id in objects]}
        await connection.execute(_VERSIONS, {**binds, "entity": entity})
        if entity == Entity.CONSENT:
            await connection.execute(_STATEMENTS, binds)
        table = TABLE_OF.get(Entity(entity))
        if table is not None:
            await connection.execute(text(f"DELETE FROM {table} t WHERE {_THESE}"), binds)  # noqa: S608  constant names
    return sum(map(len, due.values()))
