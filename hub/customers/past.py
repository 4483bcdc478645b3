"""A customer's view as of a past moment: survived anew from the versions that the hub had seen by then.

Who his records are is what recognition and the stewards say now; what each of them said is what was known then.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import chain
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.keep_conflicts import cases_of, decided
from hub.customers.normalise import Spelling
from hub.customers.overlay import OpenCorrection, overlaid
from hub.customers.read_sources import pins_of
from hub.customers.recognise import Rules
from hub.customers.survive import Golden, SourceImage, survive
from hub.customers.withdrawn import without_withdrawn
from hub.records.customer import CustomerRecord
from hub.store.documents import versions_of
from hub.store.keys import KeyRing

_RECORDS = text(
    """SELECT i.system, i.external_id, s.deleted_as_of FROM customer_identifier i
       JOIN source_record s ON s.system = i.system AND s.entity = 'customer' AND s.external_id = i.external_id
       WHERE i.customer_id = :id ORDER BY 1, 2"""
)

_CORRECTIONS = text(
    """SELECT c.id, c.system, c.external_id, c.path, c.old, c.new FROM customer_identifier i
       JOIN correction c ON c.system = i.system AND c.entity = 'customer' AND c.external_id = i.external_id
       WHERE i.customer_id = :id AND c.at <= :at ORDER BY c.at, c.id"""
)


async def view_at(
    connection: AsyncConnection, customer_id: UUID, keys: KeyRing, rules: Rules, at: datetime
) -> Golden | None:
    """The golden record as it stood at `at`, in the hub's own time; None when nothing was known of him yet.

    `customer_id` is a current one, not a merged one.
    """
    corrections = await _corrections(connection, customer_id, at)
    heard: dict[Node, SourceImage] = {}
    for row in (await connection.execute(_RECORDS, {"id": customer_id})).all():
        node = Node(row.system, row.external_id)
        image = await _image(connection, keys, node, row.deleted_as_of, at)
        if image is not None:
            heard[node] = image
    if rules.survivorship.gated:
        heard = await without_withdrawn(connection, heard, rules.survivorship.gated)
    images = [overlaid(image, corrections.get(node, ())) for node, image in heard.items()]
    pins = await pins_of(connection, [image.node for image in images])
    cases = (await cases_of(connection, [customer_id])).get(customer_id, {})
    then = [pin for pin in (*chain.from_iterable(pins.values()), *decided(cases)) if pin.at <= at]
    return survive(images, rules.survivorship, Spelling(rules.region), then) if images else None


async def _image(
    connection: AsyncConnection, keys: KeyRing, node: Node, deleted_as_of: datetime | None, at: datetime
) -> SourceImage | None:
    versions = await versions_of(connection, keys, node.system, "customer", node.external_id)
    seen = [one for one in versions if one.observed_at <= at and one.document is not None]
    if not seen:
        return None
    last = seen[-1]
    record = CustomerRecord.model_validate_json(last.document or b"")
    deleted = deleted_as_of is not None and last.as_of <= deleted_as_of <= at
    return SourceImage(node, record, last.as_of, last.observed_at, deleted)


async def _corrections(
    connection: AsyncConnection, customer_id: UUID, at: datetime
) -> Mapping[Node, Sequence[OpenCorrection]]:
    """Those made by then; one lies on what still holds its old value."""
    found: dict[Node, list[OpenCorrection]] = defaultdict(list)
    for row in await connection.execute(_CORRECTIONS, {"id": customer_id, "at": at}):
        node = Node(row.system, row.external_id)
        found[node].append(OpenCorrection(row.id, node, tuple(row.path), row.old, row.new))
    return found
