"""Fields that the hub itself emptied at a system: that it has none there says nothing of the customer."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.survive import SourceImage
from hub.store.sets import run_set

_WITHDRAWN: Final = """
SELECT r.system, r.external_id, ARRAY(SELECT key FROM jsonb_each(t.told) WHERE value = 'null') AS fields
FROM json_to_recordset(CAST(:rows AS json)) AS r(system text, external_id text)
JOIN target_image t ON t.target = r.system AND t.entity = 'customer' AND t.external_id = r.external_id"""


async def without_withdrawn(
    connection: AsyncConnection, images: Mapping[Node, SourceImage], gated: Collection[str]
) -> dict[Node, SourceImage]:
    """The images, silent about what was withdrawn from systems in `gated`."""
    heard = dict(images)
    says_none = [node for node, image in images.items() if node.system in gated and image.record.known_blank]
    for row in await run_set(connection, _WITHDRAWN, [node._asdict() for node in says_none]) if says_none else ():
        node = Node(row.system, row.external_id)
        record = heard[node].record
        blank = tuple(name for name in record.known_blank if name not in row.fields)
        heard[node] = replace(heard[node], record=record.model_copy(update={"known_blank": blank}))
    return heard
