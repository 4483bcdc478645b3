"""How hard a system may be worked, as its adapter is told, and what the package itself says about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class CallLimits:
    """The part of a system's `limits:` that its adapter keeps: only it knows whether a late call had left.

    `concurrency`: connections it may hold at once. `timeout_s`: seconds until one call counts as not answered.
    """

    concurrency: int = 4
    timeout_s: float = 30.0


DEFAULT_LIMITS: Final = CallLimits()


@dataclass(frozen=True, slots=True)
class RateLimit:
    """The package's own word: it takes `remaining` more calls within the next `reset_s` seconds, then counts anew."""

    remaining: int
    reset_s: float
