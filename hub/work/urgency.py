"""How urgent the work at hand is, carried over tasks: what is shared serves real-time work first."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import StrEnum
from typing import Final

from hub.work.tables import Queue


class Urgency(StrEnum):
    """REALTIME: somebody waits for it. BULK: it is to be done by some hour."""

    REALTIME = "REALTIME"
    BULK = "BULK"


URGENT: Final = frozenset({Queue.REALTIME, Queue.SYSTEM})
"""The hub's own chores are few, and others wait for them: a probe, the start of a run."""

# What runs outside the dispatch table (a person's command, a query) has somebody waiting for it.
_urgency: ContextVar[Urgency] = ContextVar("urgency", default=Urgency.REALTIME)


def urgency_of(queue: Queue) -> Urgency:
    """The urgency of all work of a queue."""
    return Urgency.REALTIME if queue in URGENT else Urgency.BULK


def urgency() -> Urgency:
    """Of the work that the running task does."""
    return _urgency.get()


@contextmanager
def under_urgency(which: Urgency) -> Iterator[None]:
    """What is done inside the block, and by tasks started there, is so urgent."""
    token = _urgency.set(which)
    try:
        yield
    finally:
        _urgency.reset(token)
