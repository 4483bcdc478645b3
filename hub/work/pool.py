"""Threads that take messages of one queue off the broker; each queue has some, so bulk never holds up real-time."""

from __future__ import annotations

import time

import dramatiq
from typing_extensions import override

TURN_MS = 250
"""How long a thread waits before it looks whether it should stop; for Redis also the longest pause between looks."""
URGENT_TURN_MS = 50
"""The longest pause between looks at Redis for work that somebody waits for and another process sent."""


class Pool(dramatiq.Worker):
    """Dramatiq's worker for one declared queue, without its delay queue, which would be a connection for nothing."""

    def __init__(self, broker: dramatiq.Broker, queue_name: str, threads: int, look_ms: int = TURN_MS) -> None:
        super().__init__(broker, queues={queue_name}, worker_timeout=TURN_MS, worker_threads=threads)
        self.queue_prefetch = threads
        self._queue_name = queue_name
        self._look_ms = look_ms

    @override
    def start(self) -> None:
        """Start the threads. Dramatiq would first announce itself to every queue of the broker, delay queues too."""
        for _ in range(self.worker_threads):
            self._add_worker()
        self.worker_timeout = self._look_ms  # of the consumer, which is made now
        self._add_consumer(self._queue_name)

    def end_turns(self) -> None:
        """Take no further message; what runs goes on."""
        for thread in self.workers:
            thread.stop()

    def wait_until(self, deadline: float) -> bool:
        """Whether all threads have ended by `deadline`, a time of time.monotonic; after `end_turns`."""
        for thread in self.workers:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self.workers)
