"""A worker takes work off the broker, runs it and does its share of the chores; any number of them may run."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from types import MappingProxyType
from typing import Final, Self, TypeAlias

import dramatiq
import structlog

from hub.clock import Clock, utc_now
from hub.store.engine import Database
from hub.work.actor import Actor
from hub.work.broker import Carrier
from hub.work.chores import Chores
from hub.work.doorbell import Bell, answer_doorbell
from hub.work.leases import Leases
from hub.work.loop_thread import LoopThread
from hub.work.pool import TURN_MS, URGENT_TURN_MS, Pool
from hub.work.relay import Relay
from hub.work.tables import Queue
from hub.work.work import Handlers

Stopping: TypeAlias = Callable[[], bool]
"""True once the worker is to stop: long work then comes to a good end early and asks to be tried again."""
OpenHandlers: TypeAlias = Callable[[Database, Stopping], AbstractAsyncContextManager[Handlers]]
"""Opens the handlers with all they use on the loop they run on, and closes it after the last has ended."""

THREADS: Final[Mapping[Queue, int]] = MappingProxyType({queue: 16 if queue is Queue.REALTIME else 2 for queue in Queue})
"""How many works of each queue run at once in a process; so many events at most are taken in together."""
WINDOW_PER_THREAD = 4
"""Rows in flight for each thread: enough that it never waits for the relay, few enough to lose little by a crash."""
GRACE_S = 30.0

log = structlog.get_logger(__name__)


class Worker:
    """Runs the queues named in `threads`, with so many works of each at once.

    Handlers share one event loop; relay, leases, sweeps and schedules have another, so that a handler that computes
    for long delays neither. `open_database` is called once on each. `prefix` names the installation on the broker.
    """

    def __init__(
        self,
        open_database: Callable[[], Database],
        broker: dramatiq.Broker,
        open_handlers: OpenHandlers,
        *,
        threads: Mapping[Queue, int] = THREADS,
        prefix: str = "hub",
        clock: Clock = utc_now,
    ) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._open_database = open_database
        self._open_handlers = open_handlers
        self._threads = threads
        self._clock = clock
        self.broker = broker
        self._carrier = Carrier(broker, prefix)
        self._leases = Leases()
        self._stopping = False
        self._handlers_loop = LoopThread("handlers")
        self._chores_loop = LoopThread("chores")
        self._handling = AsyncExitStack()
        self._feeding = AsyncExitStack()
        self._keeping = AsyncExitStack()
        self._actor: Actor | None = None
        self._pools: list[Pool] = []

    async def start(self) -> None:
        """Return when work is taken. What cannot be opened is raised, and what was opened is closed again."""
        try:
            bell = await self._chores_loop.run_from(_make_bell())
            actor, handlers = await self._handlers_loop.run_from(self._open_actor(bell))
            for queue, threads in self._threads.items():
                self._carrier.declare(queue, lambda *row_ids: self._handlers_loop.run(actor.run_all(row_ids)))
                turn_ms = URGENT_TURN_MS if queue is Queue.REALTIME else TURN_MS
                self._pools.append(Pool(self._carrier.broker, self._carrier.queue_name(queue), threads, turn_ms))
            for pool in self._pools:
                pool.start()
            await self._chores_loop.run_from(self._open_chores(handlers, bell))
        except BaseException:
            await self.stop(0.0)
            raise
        log.info("worker started", owner=self.owner, queues=[str(queue) for queue in self._threads])

    async def stop(self, grace_s: float = GRACE_S) -> None:
        """Take no more work, let what runs end for `grace_s`, then interrupt it; what was only sent is READY again."""
        self._stopping = True
        await self._chores_loop.run_from(self._feeding.aclose())
        await asyncio.to_thread(self._drain, grace_s)
        await self._chores_loop.run_from(self._keeping.aclose())
        await self._handlers_loop.run_from(self._handling.aclose())
        await asyncio.to_thread(self._close)
        log.info("worker stopped", owner=self.owner)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.stop()

    async def _open_actor(self, bell: Bell) -> tuple[Actor, Handlers]:
        database = self._open_database()
        self._handling.push_async_callback(database.aclose)
        handlers = await self._handling.enter_async_context(self._open_handlers(database, lambda: self._stopping))
        self._actor = Actor(database, handlers, self.owner, self._clock, self._leases, bell)
        return self._actor, handlers

    async def _open_chores(self, handlers: Handlers, bell: Bell) -> None:
        database = self._open_database()
        self._keeping.push_async_callback(database.aclose)
        chores = Chores(database, handlers, self._clock, self._leases, bell)
        windows = {queue: threads * WINDOW_PER_THREAD for queue, threads in self._threads.items()}
        together = {kind for kind, registered in handlers.items() if registered.together}
        relay = Relay(database, self._carrier, self.owner, windows, self._clock, bell, together)
        self._keeping.push_async_callback(relay.give_back)
        self._keeping.push_async_callback(_cancel, [asyncio.create_task(chores.keep_leases())])
        feeding = (
            relay.run(),
            answer_doorbell(database, bell, self._threads),
            chores.keep_schedules(),
            chores.keep_sweeping(),
            chores.keep_forgetting(),
        )
        self._feeding.push_async_callback(_cancel, [asyncio.create_task(chore) for chore in feeding])

    def _drain(self, grace_s: float) -> None:
        for pool in self._pools:
            pool.end_turns()
        deadline = time.monotonic() + grace_s
        if not all(pool.wait_until(deadline) for pool in self._pools) and self._actor is not None:
            self._handlers_loop.loop.call_soon_threadsafe(self._actor.interrupt)
        for pool in self._pools:
            pool.stop()

    def _close(self) -> None:
        self._carrier.close()
        self._handlers_loop.close()
        self._chores_loop.close()


async def _make_bell() -> Bell:
    return Bell()


async def _cancel(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
