"""What the hub itself keeps of a customer (sessions, commitments): it follows a merge and goes back by its note."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.follow_owners import OWN, TOPIC_OF, moved
from hub.live.changes import Change
from hub.live.publish import publish
from hub.store.metadata import METADATA
from hub.store.sets import run_set

OwnRow = Mapping[str, object]
"""{table_name, key, former_id}: a row by the text of its primary key, and whose it was."""


@cache
def _key_of(table: str) -> tuple[str, str]:
    """Name and type of a table's primary key, which is one column."""
    (column,) = METADATA.tables[table].primary_key.columns
    return column.name, column.type.compile(postgresql.dialect())  # type: ignore[no-untyped-call]  # untyped there


@cache
def _own_only(table: str) -> str:
    """Rows that name a source customer follow him and need no note."""
    return " AND t.owner IS NULL" if "owner" in METADATA.tables[table].columns else ""


async def own_rows(connection: AsyncConnection, customers: Collection[UUID]) -> Sequence[OwnRow]:
    """The hub's own rows of these customers, as they are before a merge moves them."""
    statement = " UNION ALL ".join(
        f"SELECT '{table}' AS table_name, t.{_key_of(table)[0]}::text AS key, t.customer_id AS former_id"  # noqa: S608  constant names
        f" FROM {table} t WHERE t.customer_id = ANY(:ids){_own_only(table)}"
        for table in OWN
    )
    return [dict(row._mapping) for row in await connection.execute(text(statement), {"ids": list(customers)})]


async def note_own_rows(connection: AsyncConnection, act_id: UUID, rows: Sequence[OwnRow]) -> None:
    """Keep whose these rows were before the act."""
    await run_set(
        connection,
        """INSERT INTO steward_act_own (act_id, table_name, key, former_id)
           SELECT :act, r.* FROM json_to_recordset(CAST(:rows AS json)) AS r(table_name text, key text, former_id uuid)
        """,
        rows,
        act=act_id,
    )


_GIVE_BACK: Final = """
UPDATE {table} t SET customer_id = o.former_id FROM (
  SELECT DISTINCT key, former_id FROM steward_act_own
  WHERE table_name = '{table}' AND former_id = ANY(:parted)) o
WHERE t.{key} = CAST(o.key AS {type}) AND t.customer_id = :current RETURNING o.key"""


async def give_back(connection: AsyncConnection, current: UUID, parted: Collection[UUID], now: datetime) -> None:
    """Give rows that merges moved to `current` back to those who stand for themselves again, and tell who follows."""
    given: list[Change] = []
    for table in OWN:
        key, kind = _key_of(table)
        statement = _GIVE_BACK.format(table=table, key=key, type=kind)
        rows = await connection.execute(text(statement), {"parted": list(parted), "current": current})
        given += [moved(table, row.key) for row in rows if table in TOPIC_OF]
    await publish(connection, given, now)
