"""Remove retained records of erased people once the law wants them no longer."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.project_belongings import TABLE_OF


async def forget_retained(connection: AsyncConnection, now: datetime, limit: int) -> int:
    """Delete up to `limit` records whose time has come, and tell how many."""
    due = (
        await connection.execute(
            text(
                """DELETE FROM retained_record WHERE (system, entity, external_id) IN (
                     SELECT system, entity, external_id FROM retained_record WHERE until <= :now ORDER BY until
                     LIMIT :limit FOR UPDATE SKIP LOCKED) RETURNING system, entity, external_id"""
            ),
            {"now": now, "limit": limit},
        )
    ).all()
    for entity, table in TABLE_OF.items():
        mine = [row for row in due if row.entity == entity.value]
        binds = {"s": [row.system for row in mine], "e": [row.external_id for row in mine]}
        which = "(system, external_id) IN (SELECT * FROM unnest(CAST(:s AS text[]), CAST(:e AS text[])))"
        if mine:
            await connection.execute(text(f"DELETE FROM {table} WHERE {which}"), binds)  # noqa: S608  constant names
            await connection.execute(
                text(f"DELETE FROM source_record WHERE entity = :entity AND {which}"),  # noqa: S608  constant texts
                {**binds, "entity": entity.value},
            )
    return len(due)
