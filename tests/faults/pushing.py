"""The branch office's program calls the hub: each event one to ten times, in any order, until each call is answered."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

import httpx2

from tests.faults.source import Source
from tests.webhooks.calls import SECRET, signed

CALLS_MAX: Final = 10
LATE_MAX_S: Final = 4.0
"""A call leaves so much later than the change at most; one that the hub did not take comes again and again."""
AGAIN_S: Final = 0.3


@dataclass
class Pusher:
    """Tells the hub at `url` of what `source` notes. `taken` counts the 202s by event."""

    source: Source
    url: str
    rng: random.Random
    taken: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    """Calls that the hub did not take, for it was down, or its database."""

    async def keep_on(self) -> None:
        """For ever."""
        async with httpx2.AsyncClient(timeout=10) as client, asyncio.TaskGroup() as calls:
            told = 0
            while True:
                for number in range(told, len(self.source.events)):
                    for _ in range(self.rng.randint(1, CALLS_MAX)):
                        calls.create_task(self._call(client, number, self.rng.uniform(0.0, LATE_MAX_S)))
                told = len(self.source.events)
                await asyncio.sleep(0.05)

    def told_all(self) -> bool:
        """Whether each event was taken at least once."""
        return len(self.taken) == len(self.source.events)

    async def tell(self, client: httpx2.AsyncClient, number: int) -> bool:
        """One call; whether the hub took it."""
        body = self.source.events[number]
        headers = signed(body, f"event-{number}", datetime.now(UTC), SECRET)
        try:
            answer = await client.post(self.url, content=body, headers=headers)
        except httpx2.TransportError:
            return False
        return answer.status_code == 202

    async def _call(self, client: httpx2.AsyncClient, number: int, after_s: float) -> None:
        await asyncio.sleep(after_s)
        while not await self.tell(client, number):
            self.refused += 1
            await asyncio.sleep(AGAIN_S)
        self.taken[f"event-{number}"] += 1
