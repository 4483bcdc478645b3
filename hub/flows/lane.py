"""The lane under which a page is applied."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import NotFound, StaleEpoch
from hub.records.identity import Entity


@dataclass(frozen=True, slots=True)
class LaneContext:
    """Who writes: the lane, the epoch it believes in, and the run (None for an answer to our own command)."""

    flow: str
    lane_id: int
    epoch: int
    system: str
    entity: Entity
    run_id: UUID | None


async def fence(connection: AsyncConnection, lane: LaneContext) -> None:
    """Hold the flow's epoch until the transaction ends; StaleEpoch when a cut-over has ended this lane's authority.

    FOR SHARE and nothing weaker: a plain read lets a write of the old epoch commit after the cut-over.
    """
    row = (
        await connection.execute(
            text("SELECT epoch FROM information_flow WHERE name = :flow FOR SHARE"), {"flow": lane.flow}
        )
    ).one_or_none()
    if row is None:
        raise NotFound(f"there is no flow {lane.flow}")
    if row.epoch != lane.epoch:
        raise StaleEpoch(lane.flow, lane.epoch, row.epoch)
