"""Every id that a customer has or had: through merges, and once he is erased through what the trail says of that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

# Once he is erased nothing but his erasure knows which ids were his.
_IDS: Final = text(
    """WITH RECURSIVE his(id) AS (
         SELECT CAST(:id AS uuid)
         UNION
         SELECT o.id FROM his CROSS JOIN LATERAL (
           SELECT current_id AS id FROM customer_alias WHERE alias_id = his.id
           UNION ALL SELECT alias_id FROM customer_alias WHERE current_id = his.id
           UNION ALL SELECT CAST(n.id AS uuid) FROM audit_event e
             CROSS JOIN LATERAL jsonb_array_elements_text(e.detail->'customers') AS n(id)
             WHERE e.detail ? 'customers' AND e.detail->'customers' ? CAST(his.id AS text)
               AND e.action = 'requestErasure') o)
       SELECT id FROM his"""
)


async def ids_of(connection: AsyncConnection, customer: UUID) -> Sequence[UUID]:
    """By any one of them; the one asked about is among them whether or not anybody has it."""
    return list((await connection.execute(_IDS, {"id": customer})).scalars())
