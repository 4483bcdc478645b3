"""The customers that a person decides about, held until the transaction ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.normalise import Spelling
from hub.customers.recognise import lock_customers
from hub.customers.resolve import resolved_ids
from hub.errors import Conflict, NotFound


async def hold(connection: AsyncConnection, ids: Sequence[UUID], spelling: Spelling) -> Mapping[UUID, list[Node]]:
    """The records of each of these customers, whose recognition waits until the caller's transaction has ended.

    Conflict when they changed hands while the caller waited for them.
    """
    seen = await _records(connection, ids)
    await lock_customers(connection, {}, spelling, [node for nodes in seen.values() for node in nodes])
    if await _records(connection, ids) != seen:
        raise Conflict("the customers changed meanwhile: look at them again")
    return seen


async def records_of(connection: AsyncConnection, customer_id: UUID) -> list[Node]:
    """Those of one current customer, held by nobody."""
    return (await _records(connection, [customer_id])).get(customer_id, [])


async def _records(connection: AsyncConnection, ids: Sequence[UUID]) -> dict[UUID, list[Node]]:
    rows = await connection.execute(
        text(
            """SELECT customer_id, system, external_id FROM customer_identifier WHERE customer_id = ANY(:ids)
               ORDER BY system, external_id"""
        ),
        {"ids": list(ids)},
    )
    found: dict[UUID, list[Node]] = defaultdict(list)
    for row in rows:
        found[row.customer_id].append(Node(row.system, row.external_id))
    return dict(found)


async def owners(connection: AsyncConnection, nodes: Sequence[Node]) -> Mapping[Node, UUID]:
    """Whose these records are now."""
    rows = await connection.execute(
        text(
            """SELECT i.system, i.external_id, i.customer_id
               FROM unnest(CAST(:s AS text[]), CAST(:e AS text[])) AS r(system, external_id)
               JOIN customer_identifier i ON i.system = r.system AND i.external_id = r.external_id"""
        ),
        {"s": [node.system for node in nodes], "e": [node.external_id for node in nodes]},
    )
    return {Node(row.system, row.external_id): row.customer_id for row in rows}


async def home_of(connection: AsyncConnection, customer_id: UUID) -> tuple[UUID, Node]:
    """Whom the id stands for now, and the source record that this customer's id was made for; NotFound for nobody."""
    (current,) = await resolved_ids(connection, [customer_id])
    row = (
        await connection.execute(
            text(
                """SELECT system, external_id FROM customer_identifier WHERE customer_id = :id
                   ORDER BY home_of IS DISTINCT FROM customer_id, system, external_id LIMIT 1"""
            ),
            {"id": current},
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"no system knows customer {current}")
    return current, Node(row.system, row.external_id)
