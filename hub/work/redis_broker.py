"""Redis as Dramatiq's broker, whose consumers look when there is something rather than all the time."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import dramatiq
from dramatiq.brokers.redis import RedisBroker, _RedisConsumer
from typing_extensions import override

if TYPE_CHECKING:
    from dramatiq.broker import MessageProxy

SHORTEST_LOOK_S: Final = 0.002
"""After a message; twice as seldom each time there is none, up to the queue's longest pause."""


class RungRedisBroker(RedisBroker):
    """Its consumers are rung when this process sends to their queue, and find by looking what others sent.

    Dramatiq's own sleep instead: a message waits for the end of the pause, and looks in vain cost a share of a core.
    """

    def __init__(self, url: str) -> None:
        super().__init__(url=url, middleware=[], namespace="contacthub")  # type: ignore[no-untyped-call]  # theirs
        self._bells: defaultdict[str, threading.Event] = defaultdict(threading.Event)

    @override
    def enqueue(self, message: dramatiq.Message[Any], *, delay: int | None = None) -> dramatiq.Message[Any]:
        sent = super().enqueue(message, delay=delay)
        self._bells[sent.queue_name].set()
        return sent

    @override
    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 5000) -> RungConsumer:
        return RungConsumer(self, queue_name, prefetch, timeout / 1000, self._bells[queue_name])


class RungConsumer(_RedisConsumer):
    """Pauses where a ring ends the pause; `pause_s` is the next of them, `longest_s` the longest."""

    def __init__(
        self, broker: RedisBroker, queue_name: str, prefetch: int, longest_s: float, bell: threading.Event
    ) -> None:
        super().__init__(broker, queue_name, prefetch, timeout=1)  # type: ignore[no-untyped-call]  # theirs
        self._bell = bell
        self._longest_s = longest_s
        self.pause_s = SHORTEST_LOOK_S

    @override
    def __next__(self) -> MessageProxy | None:
        message: MessageProxy | None = super().__next__()  # type: ignore[no-untyped-call]  # theirs
        if message is not None or self._bell.wait(self.pause_s):
            self._bell.clear()
            self.pause_s = SHORTEST_LOOK_S
        else:
            self.pause_s = min(self.pause_s * 2, self._longest_s)
        return message

    @override
    def ack(self, message: MessageProxy) -> None:
        """A thread has room again: who had none looks at once."""
        was_full = self.outstanding_message_count >= self.prefetch
        super().ack(message)  # type: ignore[no-untyped-call]  # theirs
        if was_full:
            self._bell.set()
