"""The flow that leads to a target, and its lanes as they stand now."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.authority import HOLD_FLOW
from hub.records.identity import Entity
from hub.records.lanes import FlowCadence, LaneMode


@dataclass(frozen=True, slots=True)
class OutboundLane:
    """One lane of an outbound flow."""

    id: int
    cadence: FlowCadence
    mode: LaneMode


@dataclass(frozen=True, slots=True)
class OutboundFlow:
    """A flow from the hub to a system; nobody changes its epoch or modes while the transaction that read it is open."""

    name: str
    epoch: int
    lanes: tuple[OutboundLane, ...]

    @property
    def authoritative(self) -> OutboundLane:
        """The lane that sends."""
        return next(lane for lane in self.lanes if lane.mode is LaneMode.AUTHORITATIVE)

    @property
    def recording(self) -> tuple[OutboundLane, ...]:
        """The lanes of which it is recorded what they would send."""
        return tuple(lane for lane in self.lanes if lane.mode in (LaneMode.SHADOW, LaneMode.VERIFY))


async def flow_to(connection: AsyncConnection, target: str, entity: Entity) -> OutboundFlow | None:
    """The flow that carries this entity to the target, held until the transaction ends; None when none does.

    None leads to the hub itself, which is the source of whom a channel met first: what it says is put right here.
    """
    name = await connection.scalar(
        text(
            """SELECT name FROM information_flow
               WHERE source = 'hub' AND target = :target AND entity = :entity AND NOT planned ORDER BY name LIMIT 1"""
        ),
        {"target": target, "entity": entity.value},
    )
    return None if name is None else await held_flow(connection, name)


async def held_flow(connection: AsyncConnection, name: str) -> OutboundFlow | None:
    """The flow, held against a cut-over until the transaction ends; None when no lane of it is authoritative."""
    held = (await connection.execute(text(HOLD_FLOW), {"flow": name})).one_or_none()
    if held is None or held.planned:
        return None
    rows = await connection.execute(
        text("SELECT id, cadence, mode FROM lane WHERE flow = :name ORDER BY id"), {"name": name}
    )
    lanes = tuple(OutboundLane(row.id, FlowCadence(row.cadence), LaneMode(row.mode)) for row in rows)
    if all(lane.mode is not LaneMode.AUTHORITATIVE for lane in lanes):
        return None
    return OutboundFlow(name, held.epoch, lanes)
