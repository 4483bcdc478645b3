"""Forget the notes of rows that a join moved, once retention or an erasure has removed the rows themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.own_rows import OWN
from hub.store.metadata import key_of

# A CASE, since no key may be read as one of another table's type.
_GONE: Final = " ".join(
    f"WHEN '{table}' THEN NOT EXISTS (SELECT FROM {table} t WHERE t.{name} = CAST(m.key AS {of}))"
    for table in OWN
    for name, of in (key_of(table),)
)

_FORGET: Final = text(
    f"""DELETE FROM moved_row WHERE (table_name, key) IN (
          SELECT m.table_name, m.key FROM moved_row m WHERE CASE m.table_name {_GONE} END
          LIMIT :limit FOR UPDATE SKIP LOCKED)"""  # noqa: S608  constant names
)


async def forget_notes(connection: AsyncConnection, now: datetime, limit: int) -> int:
    """Delete up to `limit` notes of rows that are no more, however old; returns how many."""
    return (await connection.execute(_FORGET, {"limit": limit})).rowcount
