"""Whom ids of customers stand for, those that were merged away included."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import NotFound


async def resolved_ids(connection: AsyncConnection, ids: Sequence[UUID]) -> list[UUID]:
    """Whom the ids stand for now, in their order; NotFound where there is no such customer."""
    rows = await connection.execute(
        text(
            """SELECT asked.id, c.id AS current FROM unnest(CAST(:ids AS uuid[])) AS asked(id)
               LEFT JOIN customer_alias a ON a.alias_id = asked.id
               LEFT JOIN customer c ON c.id = coalesce(a.current_id, asked.id)"""
        ),
        {"ids": list(ids)},
    )
    current = {row.id: row.current for row in rows}
    for asked in ids:
        if current[asked] is None:
            raise NotFound(f"there is no customer {asked}")
    return [current[asked] for asked in ids]
