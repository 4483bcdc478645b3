"""Callers whose rights must go on holding while nothing is asked: subscribers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from hub.errors import HubError

Check = Callable[[], None]
End = Callable[[HubError], None]


class Watched:
    """Those that follow something in this process; `sweep` ends each whose `check` does not hold any more."""

    def __init__(self) -> None:
        self._watched: dict[object, tuple[Check, End]] = {}

    @contextmanager
    def while_it_holds(self, check: Check, end: End) -> Iterator[None]:
        """Watched inside the block; `end` is told the error that `check` raises."""
        key = object()
        self._watched[key] = (check, end)
        try:
            yield
        finally:
            del self._watched[key]

    def sweep(self) -> None:
        """Look at everyone once."""
        for check, end in list(self._watched.values()):
            try:
                check()
            except HubError as error:
                end(error)
