"""The faults, each as what is done to which process or road; what is drawn is drawn from one seeded source."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, TypeVar

from sqlalchemy import text

from hub.embedded.postgres import EmbeddedPostgres
from hub.work.broker import Carrier, Letter, open_broker
from hub.work.tables import Queue
from tests.faults.installed import Ground
from tests.faults.source import Mood
from tests.faults.steering import OUTAGES, Steering
from tests.waiting import until

Chosen = TypeVar("Chosen")

WORKERS: Final = 2
SKEW_S: Final = 120
CUT_OVER_WAIT_S: Final = 300.0


@dataclass
class Points:
    """Injects one fault after the other and counts them by name."""

    ground: Ground
    steerings: Sequence[Steering]
    rng: random.Random
    injected: dict[str, int] = field(default_factory=dict)

    async def inject(self, kind: str) -> None:
        """One point; returns when it is over, not when the hub has recovered."""
        kinds: dict[str, Callable[[], Awaitable[None]]] = {
            "kill a worker": self._kill_worker,
            "kill all workers": self._kill_workers,
            "kill the web process": self._kill_web,
            "kill inside the cut-over": self._kill_cut_over,
            "kill all workers after the cut-over": self._kill_reconciling,
            "restart the database": self._restart_database,
            "cut the broker": self._cut_broker,
            "answers of creates lost": self._lose_answers,
            "storm of 429": lambda: self._mood(Mood.STORM),
            "source answers 503": lambda: self._mood(Mood.DOWN),
            "a program down": self._program_down,
            "repeated, reordered, outdated records": lambda: self._mood(Mood.REPEATING),
            "repeated, reordered messages": self._repeat_messages,
            "source clock 2 minutes off": self._skew,
        }
        await kinds[kind]()
        self.injected[kind] = self.injected.get(kind, 0) + 1
        self.ground.hub.employ(WORKERS)

    async def _kill_worker(self) -> None:
        victim = self.rng.choice(self.ground.hub.workers)
        victim.send_signal(signal.SIGKILL)
        await asyncio.to_thread(victim.wait)

    async def _kill_workers(self) -> None:
        for victim in self.ground.hub.workers:
            victim.send_signal(signal.SIGKILL)
        for victim in self.ground.hub.workers:
            await asyncio.to_thread(victim.wait)

    async def _kill_web(self) -> None:
        """Between two calls, or with one in hand."""
        web = self.ground.hub.web
        if web is not None:
            web.send_signal(signal.SIGKILL)
            await asyncio.to_thread(web.wait)
        await asyncio.sleep(self.rng.uniform(0.0, 2.0))

    async def _lose_answers(self) -> None:
        """The back offices hear and do everything, and nothing that they say arrives."""
        self.ground.losing.losing = True
        await asyncio.sleep(self.rng.uniform(1.0, 4.0))
        self.ground.losing.losing = False

    async def _kill_cut_over(self) -> None:
        for steering in self.steerings:
            steering.killed.clear()
            steering.kill_next = True
        await self._first([steering.killed for steering in self.steerings])
        for steering in self.steerings:
            steering.kill_next = False

    async def _kill_reconciling(self) -> None:
        for steering in self.steerings:
            steering.cut.clear()
        await self._first([steering.cut for steering in self.steerings])
        await asyncio.sleep(self.rng.uniform(0.0, 0.3))
        await self._kill_workers()

    async def _first(self, events: Sequence[asyncio.Event]) -> None:
        """Return when the first flow has come there."""
        waits = [asyncio.create_task(event.wait()) for event in events]
        done, waiting = await asyncio.wait(waits, timeout=CUT_OVER_WAIT_S, return_when=asyncio.FIRST_COMPLETED)
        for wait in waiting:
            wait.cancel()
        if not done:
            states = [await steering.state() for steering in self.steerings]
            raise AssertionError(f"no migration came to its cut-over within {CUT_OVER_WAIT_S:g} s: {states}")

    async def _restart_database(self) -> None:
        """By kill -9 of the postmaster, or in order; then start it again on the same port."""
        postgres = self.ground.postgres
        if self.rng.random() < 0.5:
            os.kill(postgres.pid, signal.SIGKILL)
            await until(_ended(postgres), what="the killed postmaster has ended")
        else:
            await asyncio.to_thread(postgres.stop)
        await asyncio.sleep(self.rng.uniform(0.0, 1.0))
        await asyncio.to_thread(postgres.start)

    async def _cut_broker(self) -> None:
        await self.ground.broker.cut(self.rng.uniform(0.0, 3.0))

    async def _mood(self, mood: Mood) -> None:
        source = self._one_of(self.ground.sources)
        source.mood(mood)
        await asyncio.sleep(self.rng.uniform(1.0, 4.0))
        source.mood(Mood.WELL)

    async def _program_down(self) -> None:
        program = self._one_of(self.ground.programs)
        program.close()
        await asyncio.sleep(self.rng.uniform(0.5, 3.0))
        program.open()
        await program.answers()

    async def _skew(self) -> None:
        source = self._one_of(self.ground.sources)
        source.skew = timedelta(seconds=self.rng.choice((-SKEW_S, SKEW_S)))
        await asyncio.sleep(self.rng.uniform(1.0, 4.0))
        source.skew = timedelta()

    def _one_of(self, named: Mapping[str, Chosen]) -> Chosen:
        return named[self.rng.choice(sorted(named))]

    async def _repeat_messages(self) -> None:
        """Send the broker up to 40 messages of the last work again, each one to ten times, in any order."""
        letters: list[Letter] = []
        with suppress(*OUTAGES):
            async with self.ground.database.reading() as connection:
                found = await connection.execute(text("SELECT queue, id FROM dispatch ORDER BY id DESC LIMIT 40"))
                letters = [(Queue(row.queue), [row.id]) for row in found for _ in range(self.rng.randint(1, 10))]
        self.rng.shuffle(letters)
        carrier = Carrier(open_broker(self.ground.hub.broker_url), self.ground.hub.prefix)
        try:
            for queue in Queue:
                carrier.declare(queue, _never)
            await carrier.send(letters)
        finally:
            await asyncio.to_thread(carrier.close)


def _ended(postgres: EmbeddedPostgres) -> Callable[[], Awaitable[bool]]:
    """Dying takes the kernel milliseconds, in which a start would find it running and do nothing."""

    async def ended() -> bool:
        return not postgres.running

    return ended


def _never(row_id: int) -> None:
    raise AssertionError(f"the harness takes no work, so nobody calls it with {row_id}")


ORDER: Final = (
    "kill a worker",
    "kill inside the cut-over",
    "restart the database",
    "answers of creates lost",
    "kill the web process",
    "cut the broker",
    "storm of 429",
    "repeated, reordered, outdated records",
    "source clock 2 minutes off",
    "kill all workers after the cut-over",
    "a program down",
    "repeated, reordered messages",
    "kill all workers",
    "source answers 503",
)


def drawn(count: int, rng: random.Random, only: str = "") -> list[str]:
    """So many kinds that have `only` in their name, each as often as the others, in a drawn order; few points are of
    the first kinds."""
    among = [kind for kind in ORDER if only in kind]
    kinds = [among[n % len(among)] for n in range(count)]
    rng.shuffle(kinds)
    return kinds
