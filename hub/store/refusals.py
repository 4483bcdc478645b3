"""Who was refused: of those that are alike one row a minute, and one more that counts the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from hub.store.audit import Deed
from hub.store.origin import NOWHERE, Origin

MINUTE: Final = timedelta(minutes=1)

KINDS_AT_MOST: Final = 1_000
"""A minute, of those who are known and of those who are not; what is of yet another kind is counted together."""

UNKNOWN: Final = "unknown"
"""The principal of who has shown no token that holds."""

OTHERS: Final = "others"
"""The place that stands for all places beyond KINDS_AT_MOST."""


@dataclass(frozen=True, slots=True)
class Denial:
    """Something the caller was refused, named like a read's place; nothing was read or changed.

    `outcome` is DENIED for what his token does not allow, UNAUTHORISED for one that does not hold, and NOT_FOUND for
    what is not there or not for him.
    """

    principal: str
    place: str
    request_id: str | None
    origin: Origin
    outcome: str = "DENIED"


class Kind(NamedTuple):
    """What makes refusals alike."""

    principal: str
    place: str
    address: str | None
    outcome: str


class Refusals:
    """Of the current minute; whoever wants the rows of earlier ones asks for what is `over`."""

    def __init__(self) -> None:
        self._began: datetime | None = None
        self._more: dict[Kind, int] = {}
        self._unknown = 0

    def note(self, denial: Denial, now: datetime) -> Iterator[tuple[Deed, datetime]]:
        """The rows that are to be written for it: at most one, and those of a minute that it ends."""
        yield from self.over(now)
        if self._began is None:
            self._began = now
        kind = self._kind(denial)
        if kind in self._more:
            self._more[kind] += 1
            return
        self._more[kind] = 0
        self._unknown += kind.principal == UNKNOWN
        first = denial if kind.place != OTHERS else None
        yield _deed(kind, None if first is None else first.request_id, NOWHERE if first is None else first.origin), now

    def over(self, now: datetime, *, all_of_it: bool = False) -> Iterator[tuple[Deed, datetime]]:
        """The counts of a minute that has passed, and with `all_of_it` of the one that has not."""
        if self._began is None or not (all_of_it or now - self._began >= MINUTE):
            return
        counted, began = self._more, self._began
        self._began, self._more, self._unknown = None, {}, 0
        for kind, more in counted.items():
            if more:
                yield _deed(kind, None, Origin(kind.address), more), began

    def _kind(self, denial: Denial) -> Kind:
        kind = Kind(denial.principal, denial.place, denial.origin.address, denial.outcome)
        unknown = kind.principal == UNKNOWN
        known = len(self._more) - self._unknown
        if kind in self._more or (self._unknown if unknown else known) < KINDS_AT_MOST:
            return kind
        return Kind(UNKNOWN if unknown else OTHERS, OTHERS, None, denial.outcome)


def _deed(kind: Kind, request_id: str | None, origin: Origin, more: int = 0) -> Deed:
    detail: dict[str, object] = {"more": more} if more else {}
    return Deed(kind.principal, "denied", "Operation", kind.place, kind.outcome, request_id, detail, origin)
