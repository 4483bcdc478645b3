"""Records of which nothing is stored: they say nothing of who they are, so they stay whose they are."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.closure import ClosedWorld
from hub.customers.identifiers import Node
from hub.customers.read_sources import images_of


async def with_untold(
    connection: AsyncConnection,
    groups: list[frozenset[Node]],
    world: ClosedWorld,
    current: Mapping[Node, UUID],
) -> list[frozenset[Node]]:
    """The groups, such a record with the smallest of its customer's others, all of them together where there is none.

    Asks the store only where a record carries no identifier at all; one that is stored carries its own id.
    """
    bare = [node for node in sorted(current) if not world.identifiers[node]]
    images = await images_of(connection, bare) if bare else {}
    group_of = {node: group for group in groups for node in group}
    for node in bare:
        if node not in images:
            mates = sorted((other in bare, other) for other in current if current[other] == current[node])
            whole = group_of[node] | group_of[mates[0][1]]
            group_of |= dict.fromkeys(whole, whole)
    return sorted(set(group_of.values()), key=min) if bare else groups
