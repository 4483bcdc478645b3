"""Who compares: parity for what comes in, net effects for what leaves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Protocol

from hub.flows.engine_room import EngineRoom
from hub.migration.comparison import Comparison, Window
from hub.migration.desk import Desk
from hub.migration.effects import compare_effects


class Compare(Protocol):
    """Compares two lanes of a flow at a window; it reads, and asks the source as referee, but changes nothing."""

    async def __call__(
        self,
        room: EngineRoom,
        flow: str,
        incumbent_lane: int,
        candidate_lane: int,
        window: Window,
        ignore: Collection[str],
        /,
    ) -> Comparison:
        """Every difference counted and classed, the first ones one by one."""
        ...


@dataclass(frozen=True)
class MigrationRoom:
    """What the steps of a migration work with, put together by the entry points."""

    engine: EngineRoom
    desk: Desk
    inbound: Compare
    outbound: Compare


async def compare_outbound(
    room: EngineRoom,
    flow: str,
    incumbent_lane: int,
    candidate_lane: int,
    window: Window,
    _ignore: Collection[str],
    /,
) -> Comparison:
    """Net effects; fields are not left out, since a target gets all of a command or nothing."""
    async with room.database.reading() as connection:
        return await compare_effects(connection, flow, incumbent_lane, candidate_lane, window)
