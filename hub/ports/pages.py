"""Pages: the bounded pieces in which records and ids travel from a system to the hub."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from hub.records.source import JsonObject, SourceObject, SweptId, Unreadable


@dataclass(frozen=True, slots=True)
class PullPage:
    """Up to `limit` objects and the cursor behind them; committing that cursor makes the page done.

    `cursor` is the adapter's own JSON and means nothing to the hub. `last` ends the run, also on an empty page.
    `set_began` is given by a FULL or SNAPSHOT pull: when the reading of the complete set began, in source time; an
    object that lives in the hub since before then and is not in the set is gone. `set_read` is from when to when the
    source was read for the set, in source time, where others did the reading (a file): given also when the set cannot
    prove that anything is gone.
    """

    objects: tuple[SourceObject, ...]
    cursor: JsonObject
    last: bool
    unreadable: tuple[Unreadable, ...] = ()
    set_began: datetime | None = None
    set_read: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class SweepPage:
    """Existing ids in the system's own order; `after` continues, None ends."""

    ids: tuple[SweptId, ...]
    after: str | None


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One line of `hub check`: what was tried, whether it worked, and what to do if it did not."""

    name: str
    ok: bool
    detail: str
