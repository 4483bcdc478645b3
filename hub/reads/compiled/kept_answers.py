"""Answers that have been made, for as long as what they were made of is as it was."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from time import monotonic
from typing import Final
from uuid import UUID

LASTING_S: Final = 600.0
"""No answer is older, used or not: what is erased in the store leaves the memory as well."""

OVERHEAD: Final = 1_000
"""Bytes that an answer takes beside its own, its key and its state."""

A_CUSTOMER: Final = 150
"""Bytes of a customer's identity among `shown`."""

SHARE: Final = 16
"""An answer that would fill more than this part of the room is not kept."""


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """`state` is what the statement said of its rows in the same snapshot; `shown` are the customers in the answer."""

    state: str
    answer: bytes
    shown: Collection[UUID]
    until: float
    weight: int


class KeptAnswers:
    """Of one process, `bytes_max` together, the oldest go first. Whoever takes one asks the database for its state."""

    def __init__(self, bytes_max: int, clock: Callable[[], float] = monotonic) -> None:
        self._bytes_max = bytes_max
        self._clock = clock
        self._kept: OrderedDict[Hashable, KeptAnswer] = OrderedDict()
        self._bytes = 0

    def find(self, key: Hashable) -> KeptAnswer | None:
        """What was answered last."""
        return self._kept.get(key)

    def holds(self, kept: KeptAnswer, state: object) -> bool:
        """Whether the answer is what the database, which has just told this state, would answer."""
        return kept.state == state and self._clock() < kept.until

    def keep(self, key: Hashable, state: str, answer: bytes, shown: Collection[UUID]) -> None:
        """Keep it in the place of an older one."""
        if not self._bytes_max:
            return
        self._drop(key)
        now = self._clock()
        while self._kept and next(iter(self._kept.values())).until <= now:
            self._drop(next(iter(self._kept)))
        weight = len(answer) + OVERHEAD + _weight(key) + len(state) + A_CUSTOMER * len(shown)
        if weight > self._bytes_max // SHARE:
            return
        self._kept[key] = KeptAnswer(state, answer, shown, now + LASTING_S, weight)
        self._bytes += weight
        while self._bytes > self._bytes_max:
            self._drop(next(iter(self._kept)))

    def clear(self) -> None:
        """Forget all: the database may not be the one it was."""
        self._kept.clear()
        self._bytes = 0

    def _drop(self, key: Hashable) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self._bytes -= gone.weight


def _weight(key: object) -> int:
    """In bytes, of what only the key holds: its values come from whoever asks, of whatever length."""
    own = sys.getsizeof(key)
    return own + sum(map(_weight, key)) if isinstance(key, tuple) else own
