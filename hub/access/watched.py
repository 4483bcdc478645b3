"""Callers whose rights must go on holding while nothing is asked: subscribers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from hub.errors import HubError

LOOK_EVERY_S: Final = 1.0

Check = Callable[[], None]
End = Callable[[HubError], None]


class Watched:
    """Those that follow something in this process; `sweep` ends each whose `check` does not hold any more."""

    def __init__(self) -> None:
        self._watched: dict[object, tuple[Check, End]] = {}
        self._one_left = asyncio.Event()

    def __len__(self) -> int:
        """How many there are."""
        return len(self._watched)

    async def all_left(self) -> None:
        """Return once nobody follows anything."""
        while self._watched:
            self._one_left.clear()
            await self._one_left.wait()

    async def run(self) -> None:
        """Look at everyone every second until cancelled: a token ends also while nothing else can be found out."""
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            self.sweep()

    @contextmanager
    def while_it_holds(self, check: Check, end: End) -> Iterator[None]:
        """Watched inside the block; `end` is told the error that `check` raises."""
        key = object()
        self._watched[key] = (check, end)
        try:
            yield
        finally:
            del self._watched[key]
            self._one_left.set()

    def sweep(self) -> None:
        """Look at everyone once."""
        for check, end in list(self._watched.values()):
            try:
                check()
            except HubError as error:
                end(error)
