"""Tell systems what customers became in several steps, as if it had been one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.distribute import Person, distribute
from hub.customers.identifiers import Node
from hub.customers.keep_conflicts import cases_of, decided
from hub.customers.normalise import Spelling
from hub.customers.overlay import overlaid
from hub.customers.read_sources import images_of, open_corrections, pins_of
from hub.customers.survive import Survivorship, survive
from hub.customers.withdrawn import without_withdrawn


async def redistribute(
    connection: AsyncConnection,
    groups: Mapping[UUID, Sequence[Node]],
    before: Mapping[UUID, Mapping[str, str | None]],
    rules: Survivorship,
    spelling: Spelling,
    now: datetime,
) -> None:
    """`groups` are the records of customers who have parted; `before` the golden values of those there were until then.

    Their golden records are written already.
    """
    if not rules.outward:
        return
    nodes = [node for group in groups.values() for node in group]
    images = await images_of(connection, nodes)
    if rules.gated:
        images = await without_withdrawn(connection, images, rules.gated)
    corrections, pins = await open_corrections(connection, images), await pins_of(connection, images)
    cases = await cases_of(connection, groups)
    people, golden = [], {}
    for customer_id, group in groups.items():
        said = [overlaid(images[node], corrections.get(node, [])) for node in group if node in images]
        known = cases.get(customer_id, {})
        if said:
            pinned = [*(pin for image in said for pin in pins.get(image.node, ())), *decided(known)]
            golden[customer_id] = survive(said, rules, spelling, pinned)
            people.append(Person(customer_id, said, known, before.get(customer_id, {}), parted=True))
    await distribute(connection, people, golden, rules.outward, (), now)
