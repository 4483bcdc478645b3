"""The events of a process on their way in: those of one system that wait are taken in together."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from hub.flows.engine_room import EngineRoom
from hub.flows.push import Doubtful, look_up, take_events
from hub.work.decisions import Decision
from hub.work.together import Together

EVENTS_AT_ONCE: Final = 100
READ_AT_ONCE: Final = 50
"""Events whose objects are read in one go; a read that fails is made again for each of them alone."""


class Intake:
    """For one event loop. What fails for one event fails for no other: it is then taken in by itself."""

    def __init__(self, room: EngineRoom) -> None:
        self._room = room
        self._taking: dict[str, Together[str, Decision | Doubtful]] = {}
        self._reading: dict[str, Together[tuple[Doubtful, int], Decision]] = {}

    async def take(self, system: str, event_id: str, attempts: int) -> Decision:
        """As `take_event`."""
        taken = await self._of(system)(event_id)
        return await self._reading[system]((taken, attempts)) if isinstance(taken, Doubtful) else taken

    def _of(self, system: str) -> Together[str, Decision | Doubtful]:
        if system not in self._taking:
            self._taking[system] = Together(partial(self._take, system), most=EVENTS_AT_ONCE, apart=True)
            self._reading[system] = Together(partial(self._read, system), most=READ_AT_ONCE, apart=True)
        return self._taking[system]

    async def _take(self, system: str, event_ids: Sequence[str]) -> Sequence[Decision | Doubtful]:
        return await take_events(self._room, system, event_ids)

    async def _read(self, system: str, asked: Sequence[tuple[Doubtful, int]]) -> Sequence[Decision]:
        return await look_up(self._room, system, asked)
