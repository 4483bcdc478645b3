"""What source records say now, what they are to say, and what people decided about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.overlay import OpenCorrection
from hub.customers.survive import Pin, SourceImage
from hub.records.customer import CustomerRecord
from hub.store.sets import run_set


async def images_of(connection: AsyncConnection, nodes: Sequence[Node]) -> dict[Node, SourceImage]:
    """What each of these records says now, without corrections."""
    if not nodes:
        return {}
    rows = await run_set(
        connection,
        """SELECT s.system, s.external_id, s.document::text, s.as_of, s.observed_at, s.deleted
           FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
           CROSS JOIN LATERAL (SELECT * FROM source_record o WHERE o.system = r.system AND o.entity = 'customer'
             AND o.external_id = r.external_id AND o.document IS NOT NULL LIMIT 1) s""",
        [{"system": node.system, "external_id": node.external_id} for node in nodes],
    )
    images = {}
    for system, external_id, document, as_of, observed_at, deleted in rows.all():
        node = Node(system, external_id)
        images[node] = SourceImage(node, CustomerRecord.model_validate_json(document), as_of, observed_at, deleted)
    return images


async def open_corrections(connection: AsyncConnection, nodes: Collection[Node]) -> Mapping[Node, list[OpenCorrection]]:
    """What these records are to say and do not yet, oldest first."""
    rows = await run_set(
        connection,
        """SELECT c.id, c.system, c.external_id, c.path, c.old, c.new
           FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
           CROSS JOIN LATERAL (SELECT * FROM correction o WHERE o.system = r.system AND o.entity = 'customer'
             AND o.external_id = r.external_id AND o.state = 'OPEN' OFFSET 0) c
           ORDER BY c.at, c.id""",
        [{"system": node.system, "external_id": node.external_id} for node in nodes],
    )
    corrections: dict[Node, list[OpenCorrection]] = defaultdict(list)
    for row in rows.all():
        node = Node(row.system, row.external_id)
        corrections[node].append(OpenCorrection(row.id, node, tuple(row.path), row.old, row.new))
    return corrections


async def pins_of(connection: AsyncConnection, nodes: Collection[Node]) -> Mapping[Node, Sequence[Pin]]:
    """What people decided about fields, by the record it goes with."""
    rows = await run_set(
        connection,
        """SELECT p.system, p.external_id, p.field, p.value, p.at
           FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
           CROSS JOIN LATERAL (SELECT * FROM customer_pin o
             WHERE o.system = r.system AND o.external_id = r.external_id OFFSET 0) p""",
        [node._asdict() for node in nodes],
    )
    pins: dict[Node, list[Pin]] = defaultdict(list)
    for system, external_id, field, value, at in rows.all():
        node = Node(system, external_id)
        pins[node].append(Pin(node, field, value, at))
    return pins
