"""Wait for what must come true, with a deadline: the only pause in the suite, and never a guess at a duration."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

Found = TypeVar("Found")
LOOK_S = 0.05


async def until(look: Callable[[], Awaitable[Found | None]], timeout_s: float = 180.0, what: str = "it") -> Found:
    """The first answer of `look` that is neither None nor False; fails the test after `timeout_s`."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = await look()
        if found is not None and found is not False:
            return found
        await asyncio.sleep(LOOK_S)
    raise AssertionError(f"{what} did not come true within {timeout_s:g} s")
