"""A consumer of Redis is rung by its own process, and finds by looking what others sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from secrets import token_hex

import dramatiq
import pytest

from hub.work.redis_broker import RungRedisBroker
from tests.services import REDIS, needs

HOUR_MS = 3_600_000


@pytest.fixture
def queue() -> Iterator[str]:
    needs("redis", REDIS)
    name = f"test-{token_hex(4)}"
    yield name
    RungRedisBroker(REDIS).client.delete(*[f"contacthub:{name}{end}" for end in ("", ".msgs")])


def sent(broker: RungRedisBroker, queue: str, number: int) -> None:
    broker.declare_queue(queue)
    broker.enqueue(dramatiq.Message(queue_name=queue, actor_name="any", args=(number,), kwargs={}, options={}))


class Consuming:
    """A consumer on a thread of its own, which by now pauses for an hour if nothing wakes it."""

    def __init__(self, broker: RungRedisBroker, queue: str, prefetch: int) -> None:
        broker.declare_queue(queue)
        self._consumer = broker.consume(queue, prefetch, HOUR_MS)
        self._consumer.pause_s = HOUR_MS / 1000  # as after many looks in vain
        self.messages: list[dramatiq.MessageProxy] = []
        self.came = threading.Semaphore(0)
        threading.Thread(target=self._consume, daemon=True).start()

    def _consume(self) -> None:
        for message in self._consumer:
            if message is not None:
                self.messages.append(message)
                self.came.release()

    def ack(self, message: dramatiq.MessageProxy) -> None:
        self._consumer.ack(message)


def test_a_message_of_the_same_process_ends_the_pause(queue: str) -> None:
    broker = RungRedisBroker(REDIS)
    consuming = Consuming(broker, queue, prefetch=4)
    for number in range(3):
        sent(broker, queue, number)
        assert consuming.came.acquire(timeout=10)
    assert [message.args for message in consuming.messages] == [(0,), (1,), (2,)]


def test_room_for_another_message_ends_the_pause(queue: str) -> None:
    broker = RungRedisBroker(REDIS)
    sent(RungRedisBroker(REDIS), queue, 0)
    sent(RungRedisBroker(REDIS), queue, 1)
    consuming = Consuming(broker, queue, prefetch=1)
    assert consuming.came.acquire(timeout=10)
    consuming.ack(consuming.messages[0])
    assert consuming.came.acquire(timeout=10)
    assert [message.args for message in consuming.messages] == [(0,), (1,)]
