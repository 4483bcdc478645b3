"""Where the sources of a customer say different things."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.keep_conflicts import cases_of, decided
from hub.customers.normalise import Spelling
from hub.customers.read_sources import images_of, pins_of
from hub.customers.recognise import Rules
from hub.customers.survive import Conflict, conflicts_of, survive


async def conflicts_for(
    connection: AsyncConnection, customers: Sequence[UUID], rules: Rules
) -> Mapping[UUID, Sequence[Conflict]]:
    """Per customer the fields in which living sources differ, with what the rules or a pin made of them."""
    rows = await connection.execute(
        text("SELECT customer_id, system, external_id FROM customer_identifier WHERE customer_id = ANY(:ids)"),
        {"ids": list(customers)},
    )
    records: dict[UUID, list[Node]] = defaultdict(list)
    for row in rows:
        records[row.customer_id].append(Node(row.system, row.external_id))
    nodes = [node for of_customer in records.values() for node in of_customer]
    images, pins = await images_of(connection, nodes), await pins_of(connection, nodes)
    cases = await cases_of(connection, customers)
    found: dict[UUID, Sequence[Conflict]] = dict.fromkeys(customers, ())
    for customer, of_customer in records.items():
        said = [images[node] for node in of_customer if node in images]
        if len(said) > 1:
            pinned = [pin for node in of_customer for pin in pins.get(node, ())]
            pinned += decided(cases.get(customer, {}))
            golden = survive(said, rules.survivorship, Spelling(rules.region), pinned)
            found[customer] = conflicts_of(said, golden)
    return found
