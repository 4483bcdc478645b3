"""What one process may still ask of a system, and the call that it is asking just now."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from hub.exchange.budget import Unspent
from hub.work.urgency import Urgency


@dataclass
class Lease:
    """Calls granted to this process and not made yet; `size` is what is asked for next time."""

    calls: int = 0
    window_start: datetime | None = None
    valid_until: datetime | None = None
    size: int = 1
    failures: int = 0
    turned_away: int = 0

    def unspent(self) -> Unspent | None:
        """What is left; less than nothing where a write went on that could not be held up."""
        return None if self.window_start is None or self.calls == 0 else Unspent(self.calls, self.window_start)


@dataclass
class UnderWay:
    """A call of the port under way at `gate`; its first request was paid for when it was let through."""

    gate: object
    which: Urgency
    probing: bool
    goes_on: bool
    paid: int = 1
    waited_s: float = 0.0


UNDER_WAY: Final[ContextVar[UnderWay | None]] = ContextVar("call under way", default=None)
"""The call that the running task makes, or was made for."""
