"""The crosswalk: which golden customer each source record is, and what ids that were merged stand for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.assign import Assignment, Standing
from hub.customers.identifiers import Node
from hub.customers.tables import CustomerIdentifier
from hub.store.insert import insert_new
from hub.store.sets import run_set

_COLUMNS: Final = ("system", "external_id", "customer_id", "home_of", "since")


async def read_standing(connection: AsyncConnection, nodes: Collection[Node]) -> Standing:
    """How the ids of these records stand now."""
    if not nodes:
        return Standing()
    rows = await run_set(
        connection,
        """SELECT c.system, c.external_id, c.customer_id, c.home_of
           FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
           CROSS JOIN LATERAL (SELECT * FROM customer_identifier i
             WHERE i.system = r.system AND i.external_id = r.external_id LIMIT 1) c""",
        [node._asdict() for node in nodes],
    )
    current: dict[Node, UUID] = {}
    home: dict[UUID, Node] = {}
    for system, external_id, customer_id, home_of in rows.all():
        node = Node(system, external_id)
        current[node] = customer_id
        if home_of is not None:
            home[home_of] = node
    merged = home.keys() - set(current.values())
    return Standing(current, home, await _merged_since(connection, merged) if merged else {})


async def not_alone(connection: AsyncConnection, nodes: Collection[Node]) -> set[Node]:
    """Those of these records whose customer has others too."""
    if not nodes:
        return set()
    rows = await run_set(
        connection,
        """SELECT r.system, r.external_id
           FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
           CROSS JOIN LATERAL (SELECT customer_id FROM customer_identifier i
             WHERE i.system = r.system AND i.external_id = r.external_id LIMIT 1) c
           CROSS JOIN LATERAL (SELECT FROM customer_identifier i WHERE i.customer_id = c.customer_id
             AND (i.system, i.external_id) <> (r.system, r.external_id) LIMIT 1) other""",
        [node._asdict() for node in nodes],
    )
    return {Node(system, external_id) for system, external_id in rows.all()}


async def _merged_since(connection: AsyncConnection, ids: Collection[UUID]) -> dict[UUID, datetime]:
    rows = await connection.execute(
        text("SELECT alias_id, since FROM customer_alias WHERE alias_id = ANY(:ids)"), {"ids": list(ids)}
    )
    return {row.alias_id: row.since for row in rows}


async def write_crosswalk(
    connection: AsyncConnection, assignment: Assignment, before: Standing, moved: Mapping[Node, UUID], now: datetime
) -> None:
    """Point moved source customers at their golden customer, and merged ids at whoever has their home."""
    at_home = {node: customer_id for customer_id, node in assignment.home.items()}
    rehomed = {node for customer_id, node in assignment.home.items() if before.home.get(customer_id) != node}
    left = {node for customer_id, node in before.home.items() if assignment.home[customer_id] != node}
    current = {node: customer_id for customer_id, group in assignment.groups.items() for node in group}
    touched = moved.keys() | rehomed | left
    met = [(*node, current[node], at_home.get(node), now) for node in touched if node not in before.current]
    await insert_new(connection, CustomerIdentifier, _COLUMNS, met)
    rows = [
        {**node._asdict(), "customer_id": current[node], "home_of": at_home.get(node)}
        for node in sorted(touched & before.current.keys())
    ]
    if rows:
        await run_set(
            connection,
            """UPDATE customer_identifier c SET customer_id = r.customer_id, home_of = r.home_of,
                 since = CASE WHEN c.customer_id = r.customer_id THEN c.since ELSE :now END
               FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text, customer_id uuid,
                 home_of uuid)
               WHERE c.system = r.system AND c.external_id = r.external_id""",
            rows,
            now=now,
        )
    if assignment.revived:
        await connection.execute(
            text("DELETE FROM customer_alias WHERE alias_id = ANY(:ids)"), {"ids": list(assignment.revived)}
        )
    if assignment.aliases:
        await _write_aliases(connection, assignment, now)


async def _write_aliases(connection: AsyncConnection, assignment: Assignment, now: datetime) -> None:
    """An id keeps the time when it was merged first, whomever it stands for later."""
    await run_set(
        connection,
        """WITH r AS (SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS r(alias_id uuid, current_id uuid)),
           followed AS (UPDATE customer_alias a SET current_id = r.current_id FROM r
             WHERE a.current_id = r.alias_id AND NOT EXISTS (SELECT FROM r x WHERE x.alias_id = a.alias_id))
           INSERT INTO customer_alias (alias_id, current_id, since) SELECT r.alias_id, r.current_id, :now FROM r
           ON CONFLICT (alias_id) DO UPDATE SET current_id = excluded.current_id""",
        [{"alias_id": ended, "current_id": current} for ended, current in assignment.aliases.items()],
        now=now,
    )
    if assignment.ended:
        await connection.execute(text("DELETE FROM customer WHERE id = ANY(:ended)"), {"ended": list(assignment.ended)})
