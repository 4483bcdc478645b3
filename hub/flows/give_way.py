"""Bulk work steps aside between pages while real-time work waits, and takes up less room while there is any."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from hub.flows.engine_room import EngineRoom
from hub.work.claim import realtime_is_about, realtime_is_late
from hub.work.urgency import Urgency, urgency

STEP_S: Final = 0.05
LONGEST_S: Final = 1.0
"""For each page at most: bulk work is slowed down, never stopped, also where nobody serves the real-time queue."""
LONGEST_REST_S: Final = 0.5
"""After each page at most; one that took longer than this found the machine busy with more than real-time work."""


@dataclass(frozen=True, slots=True)
class Way:
    """How long bulk work waited, and whether it should do one thing at a time now."""

    waited_s: float
    narrow: bool


async def give_way(room: EngineRoom) -> Way:
    """Returns when bulk work may go on; at once for real-time work itself."""
    waited_s = 0.0
    if urgency() is Urgency.REALTIME:
        return Way(waited_s, narrow=False)
    while True:
        async with room.database.reading() as connection:
            late = waited_s < LONGEST_S and await realtime_is_late(connection, room.clock())
            if not late:
                return Way(waited_s, narrow=await realtime_is_about(connection, room.clock()))
        await asyncio.sleep(STEP_S)
        waited_s += STEP_S


async def rest(worked_s: float) -> None:
    """What bulk work does beside real-time work: nothing, for as long as it worked. PostgreSQL knows no urgency."""
    await asyncio.sleep(min(worked_s, LONGEST_REST_S))
