"""How hard a system may be worked, as its adapter is told, and what the package itself says about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final


async def uncounted() -> None:
    """Where nobody counts: a look at a system, and tests of an adapter."""


@dataclass(frozen=True, slots=True)
class CallLimits:
    """The part of a system's `limits:` that its adapter keeps: only it knows whether a late call had left.

    `concurrency`: connections it may hold at once. `timeout_s`: seconds until one call counts as not answered.
    `before_request`: awaited before each request on the wire, so that the budget counts what the package really gets
    and not what the hub asked of the adapter. It waits while the budget is spent, never in the middle of a write.
    """

    concurrency: int = 4
    timeout_s: float = 30.0
    before_request: Callable[[], Awaitable[None]] = uncounted


DEFAULT_LIMITS: Final = CallLimits()


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The package's own word: it takes `remaining` more calls within the next `reset_s` seconds, then counts anew."""

    remaining: int
    reset_s: float
