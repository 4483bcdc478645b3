"""Which systems are to hear of something the hub itself issues, and by which name they know its customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.records.identity import Entity
from hub.store.straight import run


@dataclass(frozen=True, slots=True)
class Outward:
    """A flow from the hub that runs: the system at its end and the number of the business flow it is."""

    target: str
    business_flow: int


async def outward_flows(connection: AsyncConnection, entity: Entity) -> Sequence[Outward]:
    """Every system that a flow of this entity leads to, by name."""
    rows = await run(
        connection,
        """SELECT DISTINCT ON (target) target, business_flow FROM information_flow
           WHERE source = 'hub' AND entity = $1 AND NOT planned ORDER BY target, name""",
        entity.value,
    )
    return [Outward(*row) for row in rows]


async def told_of(
    connection: AsyncConnection, targets: Sequence[str], entity: Entity, external_id: str
) -> frozenset[str]:
    """Those of `targets` of which something was wanted for this object before."""
    rows = await connection.execute(
        text("SELECT target FROM target_image WHERE target = ANY(:t) AND entity = :entity AND external_id = :id"),
        {"t": list(targets), "entity": entity.value, "id": external_id},
    )
    return frozenset(rows.scalars())
