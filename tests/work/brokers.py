"""The brokers that work is tested on, and names on them that no other test uses."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

import dramatiq
import pika
import redis

from hub.work.broker import open_broker
from hub.work.tables import Queue
from tests.services import RABBITMQ, REDIS, needs

URLS = {"in-process": None, "rabbitmq": RABBITMQ, "redis": REDIS}


@dataclass(frozen=True)
class Installation:
    """A broker and a prefix on it; several workers of one test share it."""

    name: str
    url: str | None
    prefix: str

    def open(self) -> dramatiq.Broker:
        """Another broker object, as another process would have it."""
        return open_broker(self.url)


def installation(name: str) -> Iterator[Installation]:
    """One on the broker called `name`, removed from it afterwards."""
    url = URLS[name]
    if url is not None:
        needs(name, url)
    prefix = f"test-{secrets.token_hex(4)}"
    yield Installation(name, url, prefix)
    names = [f"contacthub.{prefix}.{queue}" for queue in Queue]
    if name == "rabbitmq":
        delete_queues(str(url), names)
    if name == "redis":
        _delete_keys(str(url), names)


def delete_queues(url: str, names: list[str]) -> None:
    """Of the broker at `url`, each with those that Dramatiq keeps beside it."""
    with closing(pika.BlockingConnection(pika.URLParameters(url))) as connection:
        channel = connection.channel()
        for name in names:
            for suffix in ("", ".DQ", ".XQ"):
                channel.queue_delete(name + suffix)


def _delete_keys(url: str, names: list[str]) -> None:
    with closing(redis.Redis.from_url(url)) as client:
        for name in names:
            client.delete(*[f"contacthub:{name}{suffix}" for suffix in ("", ".msgs", ".XQ", ".XQ.msgs")])
