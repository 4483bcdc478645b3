"""Bulk work steps aside between pages while real-time work waits."""

from __future__ import annotations

import asyncio
from typing import Final

from hub.flows.engine_room import EngineRoom
from hub.work.claim import realtime_is_late
from hub.work.urgency import Urgency, urgency

STEP_S: Final = 0.05
LONGEST_S: Final = 1.0
"""For each page at most: bulk work is slowed down, never stopped, also where nobody serves the real-time queue."""


async def give_way(room: EngineRoom) -> float:
    """Seconds it waited; at once for real-time work itself."""
    waited_s = 0.0
    if urgency() is Urgency.REALTIME:
        return waited_s
    while waited_s < LONGEST_S:
        async with room.database.reading() as connection:
            if not await realtime_is_late(connection, room.clock()):
                break
        await asyncio.sleep(STEP_S)
        waited_s += STEP_S
    return waited_s
