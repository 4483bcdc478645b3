"""Who became one customer by likeness, and when: what each had allowed until then counts together from then on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.likeness.tables import LikenessUnion
from hub.store.insert import insert_new
from hub.store.sets import run_set

_FELLOWS: Final = """
SELECT DISTINCT f.system, f.external_id, f.customer_id
FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
JOIN customer_identifier i ON i.system = r.system AND i.external_id = r.external_id
JOIN customer_identifier f ON f.customer_id = i.customer_id"""


async def fellows_of(connection: AsyncConnection, nodes: Collection[Node]) -> dict[Node, UUID]:
    """All records of the customers who have these, with the customer of each."""
    rows = await run_set(connection, _FELLOWS, [node._asdict() for node in nodes])
    return {Node(row.system, row.external_id): row.customer_id for row in rows}


async def keep_unions(connection: AsyncConnection, before: Mapping[Node, UUID], now: datetime) -> list[UUID]:
    """Keep who has become one customer since `before`, by whom each record was; the answer are these customers."""
    later = await fellows_of(connection, before.keys())
    people: dict[UUID, dict[Node, UUID]] = defaultdict(dict)
    for node, former in before.items():
        people[later[node]][node] = former
    united = {customer: of for customer, of in people.items() if len(set(of.values())) > 1}
    rows = [
        (union, now, former, *node) for of in united.values() for union in (uuid4(),) for node, former in of.items()
    ]
    await insert_new(connection, LikenessUnion, ("id", "at", "former_id", "system", "external_id"), rows)
    return sorted(united)
