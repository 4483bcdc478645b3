"""Work as it is ordered, as a handler gets it, and what a handler is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeAlias

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.work.decisions import Dead, Decision
from hub.work.tables import Queue

LEASE_S = 15.0


@dataclass(frozen=True)
class NewWork:
    """An order. `payload` and `context` hold ids only; `context` is added to the log context of whoever orders.

    Work of one `line` runs in the order of dispatch, one at a time. A second order under the same `dedupe_key` is no
    order, whatever became of the first. `ready_at` NULL means at once; smaller `priority` goes first within a queue.
    """

    kind: str
    queue: Queue
    payload: Mapping[str, object] = field(default_factory=dict)
    line: str | None = None
    dedupe_key: str | None = None
    priority: int = 0
    ready_at: datetime | None = None
    context: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Work:
    """One attempt at one row; `attempts` counts this one. `owner` is the process that runs it."""

    id: int
    kind: str
    queue: Queue
    line: str | None
    payload: Mapping[str, object]
    attempts: int
    owner: str
    context: Mapping[str, object]


class Handler(Protocol):
    """Does one piece of work, in transactions of its own; none is open when it is called.

    It returns what to do with the work, or raises an error of hub.errors, from which the same is decided.
    """

    async def __call__(self, work: Work, /) -> Decision:
        """Do it; called again with the same id after RetryAt, a requeue, or (if repeatable) a lost process."""
        ...


class GivenUp(Protocol):
    """Ends what the work stood for, in the transaction that records it as DEAD, whoever gave it up and why."""

    async def __call__(self, connection: AsyncConnection, work: Work, dead: Dead, now: datetime, /) -> None:
        """Nothing else will: nobody calls the handler again before a person retries the work."""
        ...


@dataclass(frozen=True)
class RegisteredHandler:
    """A handler and its promises.

    `repeatable`: to run it twice has the effect of once, so work whose process died, or that failed unexpectedly, runs
    again; otherwise it becomes UNKNOWN. `lease_s`: that long after its process fell silent the work counts as lost;
    it is renewed while the handler runs, so it bounds no run. `together`: several travel in one message and are
    run at once, and their outcomes are recorded several at a time. That is for kinds whose lines nobody holds for long,
    as each then waits for the lines of all, and whose handlers themselves deal with many at the price of one.
    `given_up`: for kinds whose work has a row of its own elsewhere that would wait for it.
    """

    handler: Handler
    repeatable: bool
    lease_s: float = LEASE_S
    together: bool = False
    given_up: GivenUp | None = None


Handlers: TypeAlias = Mapping[str, RegisteredHandler]
