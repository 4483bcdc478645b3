"""What follows when recognition by itself joins customers, or parts them: whose things they are, the trail, the lists.

A steward's merge and split tell who did it, and rank what stands before the customer in their own transaction.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.customers.lift_restrictions import lift_restrictions
from hub.customers.recognise import Recognised
from hub.flows.follow_owners import follow_moved, follow_owners
from hub.offers.order_ranking import order_ranking
from hub.store.audit import Deed, record_deeds

PRINCIPAL: Final = "recognition"


async def follow_joins(
    connection: AsyncConnection, recognised: Recognised, nodes: Collection[Node], now: datetime
) -> None:
    """`nodes` are those of `recognised.moved` that anything may belong to; without any nothing is asked."""
    if nodes:
        await follow_owners(connection, recognised, nodes, now)
        await follow_moved(connection, nodes, now)
        await tell_of_joins(connection, recognised, now)
        await lift_restrictions(connection, set(recognised.former.values()), now)


async def tell_of_joins(
    connection: AsyncConnection, recognised: Recognised, now: datetime, weights: int | None = None
) -> None:
    """Into the trail, by each id that the records had or have; and have lists and segments ranked as of who they are.

    `weights`: the version by which likeness joined or parted them.
    """
    former = recognised.former
    if not former:
        return
    deeds = []
    for node, was in sorted(former.items()):
        customer = recognised.moved[node]
        detail: dict[str, object] = {
            "system": node.system,
            "externalId": node.external_id,
            "customers": sorted((str(was), str(customer))),
        }
        if weights is not None:
            detail["weights"] = weights
        action = "linkCustomer" if was in recognised.projection.ended else "partCustomer"
        deeds.append((Deed(PRINCIPAL, action, "Customer", str(customer), detail=detail), now))
    await record_deeds(connection, deeds)
    met = {*former.values(), *(recognised.moved[node] for node in former)}
    await order_ranking(connection, met - recognised.projection.ended, now)
