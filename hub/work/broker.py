"""The broker: in this process, RabbitMQ or Redis, all without retries, delays, time limits or a metrics server."""

from __future__ import annotations

from asyncio import get_running_loop
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias
from urllib.parse import urlsplit

import dramatiq
from dramatiq.brokers.rabbitmq import RabbitmqBroker
from dramatiq.brokers.stub import StubBroker

from hub.errors import Invalid
from hub.work.redis_broker import RungRedisBroker
from hub.work.tables import Queue


def open_broker(url: str | None) -> dramatiq.Broker:
    """A broker of its own, never Dramatiq's global one; it connects when it is first used.

    None is the in-process broker: what lies in it is lost with the process and sent again from the table. Invalid for
    a URL that is neither amqp(s):// nor redis(s)://.
    """
    if url is None:
        return StubBroker(middleware=[])
    match urlsplit(url).scheme:
        case "amqp" | "amqps":
            # Without confirmation a message to a queue that someone deleted vanishes unnoticed.
            return RabbitmqBroker(url=url, middleware=[], confirm_delivery=True)
        case "redis" | "rediss":
            return RungRedisBroker(url)
        case scheme:
            raise Invalid(f"a broker's URL begins with amqp:// or redis://, not {scheme}://", ("broker_url",))


Letter: TypeAlias = tuple[Queue, Sequence[int]]
"""One message: the rows that it names are run at the same time, and it is done with when all of them are."""


class Carrier:
    """Takes row ids to the workers. `prefix` keeps the queues of installations that share a broker apart.

    Publishing blocks and RabbitMQ's connections belong to a thread, so all of it happens on one thread of its own.
    """

    def __init__(self, broker: dramatiq.Broker, prefix: str) -> None:
        self.broker = broker
        self._prefix = prefix
        self._publisher = ThreadPoolExecutor(1, thread_name_prefix="publisher")
        self._actors: dict[Queue, dramatiq.Actor[..., None]] = {}

    def queue_name(self, queue: Queue) -> str:
        """The broker's name of a queue."""
        return f"contacthub.{self._prefix}.{queue}"

    def declare(self, queue: Queue, run: Callable[..., None]) -> None:
        """Have `run` called on a worker thread with the ids of the rows of each message sent to `queue`."""
        self._actors[queue] = dramatiq.Actor(
            run,
            broker=self.broker,
            actor_name=f"work.{queue}",
            queue_name=self.queue_name(queue),
            priority=0,
            options={},
        )

    async def send(self, messages: Sequence[Letter]) -> None:
        """Send them in this order; raises whatever the broker's client raises, some of them then being sent."""
        await get_running_loop().run_in_executor(self._publisher, self._send, messages)

    def close(self) -> None:
        """Close the broker's connections; after every pool has stopped."""
        self._publisher.submit(self.broker.close).result()
        self._publisher.shutdown()

    def _send(self, messages: Sequence[Letter]) -> None:
        for queue, row_ids in messages:
            self.broker.enqueue(self._actors[queue].message(*row_ids))
