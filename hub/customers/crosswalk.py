"""Write the crosswalk and the aliases that an assignment asks for."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.assign import Assignment
from hub.customers.identifiers import Node
from hub.store.sets import run_set


async def write_crosswalk(
    connection: AsyncConnection, assignment: Assignment, moved: Mapping[Node, UUID], now: datetime
) -> None:
    """Point moved source customers at their golden customer; ids that ended become aliases, and old aliases follow."""
    if moved:
        await run_set(
            connection,
            """INSERT INTO customer_identifier (system, external_id, customer_id, since)
               SELECT r.system, r.external_id, r.customer_id, :now
               FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text, customer_id uuid)
               ON CONFLICT (system, external_id) DO UPDATE
                 SET customer_id = excluded.customer_id, since = excluded.since""",
            [{**node._asdict(), "customer_id": customer_id} for node, customer_id in sorted(moved.items())],
            now=now,
        )
    if assignment.aliases:
        await _write_aliases(connection, assignment.aliases, now)


async def _write_aliases(connection: AsyncConnection, aliases: Mapping[UUID, UUID], now: datetime) -> None:
    rows = [{"alias_id": ended, "current_id": current} for ended, current in aliases.items()]
    await run_set(
        connection,
        """WITH r AS (SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS r(alias_id uuid, current_id uuid)),
           followed AS (UPDATE customer_alias a SET current_id = r.current_id FROM r WHERE a.current_id = r.alias_id)
           INSERT INTO customer_alias (alias_id, current_id, since) SELECT r.alias_id, r.current_id, :now FROM r
           ON CONFLICT (alias_id) DO UPDATE SET current_id = excluded.current_id, since = excluded.since""",
        rows,
        now=now,
    )
    await connection.execute(text("DELETE FROM customer WHERE id = ANY(:ended)"), {"ended": list(aliases)})
