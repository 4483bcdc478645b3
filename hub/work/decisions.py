"""What to do with work after an attempt, as a value: made without a queue, a clock or a database at hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias
from zlib import crc32

from sqlalchemy.exc import DBAPIError

from hub.errors import Conflict, HubError, StaleEpoch, Suspended, Throttled, Transient, Unauthorised
from hub.store.engine import is_worth_repeating

FIRST_DELAY_S = 2.0
LONGEST_DELAY_S = 900.0
TRANSIENT_ATTEMPTS = 20
"""About three hours of patience with the delays above; a longer outage opens a breaker, which parks instead."""
OTHER_ATTEMPTS = 5
"""A conflict is read again and a surprise is tried again, but neither is likely to pass by waiting for hours."""


@dataclass(frozen=True)
class Done:
    """The effect is there; nothing remains."""


@dataclass(frozen=True)
class RetryAt:
    """Try again at `at`; the row keeps its place in its line."""

    at: datetime
    reason: str
    code: str = Transient.code


@dataclass(frozen=True)
class Park:
    """Hold it, and its line, until someone requeues it: a login refused, a system that does not answer.

    `waits_for` names what releases it without a person (release.py).
    """

    reason: str
    code: str = "PARKED"
    waits_for: str | None = None


@dataclass(frozen=True)
class Dead:
    """Give up; kept for a person, and its line moves on."""

    code: str
    message: str


@dataclass(frozen=True)
class Unknown:
    """The effect may or may not have happened: never repeated before someone has looked."""

    message: str


Decision: TypeAlias = Done | RetryAt | Park | Dead | Unknown


def waiting_for(system: str) -> str:
    """`Park.waits_for` of work that its system cannot take at present."""
    return f"system:{system}"


def decide(error: Exception, attempts: int, now: datetime) -> Decision:
    """What follows from `error` after `attempts` starts, this one included.

    The same arguments give the same answer: the jitter is drawn from `now`. Not for an attempt whose effect is
    uncertain; that is Unknown, which only the caller can tell.
    """
    match error:
        case Throttled():
            # The call was not made: however often that happens, the work is none the worse.
            return RetryAt(now + timedelta(seconds=error.after_s), error.message, error.code)
        case Suspended():
            return Park(error.message, error.code, waiting_for(error.system))
        case Transient():
            return _again(error.code, error.message, error.retry_after_s or 0.0, attempts, TRANSIENT_ATTEMPTS, now)
        case Unauthorised():
            return Park(error.message, error.code)
        case StaleEpoch():
            return Dead(error.code, error.message)
        case Conflict():
            return _again(error.code, error.message, 0.0, attempts, OTHER_ATTEMPTS, now)
        case HubError():
            return Dead(error.code, error.message)
        case DBAPIError() if error.connection_invalidated or is_worth_repeating(error):
            return _again(Transient.code, "the hub's database gave up", 0.0, attempts, TRANSIENT_ATTEMPTS, now)
        case OSError():
            return _again(Transient.code, type(error).__name__, 0.0, attempts, TRANSIENT_ATTEMPTS, now)
        case _:
            # Only the name of the type: the text of a foreign error may quote a customer's data.
            return _again(HubError.code, type(error).__name__, 0.0, attempts, OTHER_ATTEMPTS, now)


def decide_lost(repeatable: bool, attempts: int, now: datetime) -> Decision:
    """What follows when the process that ran the work is gone and took the outcome with it."""
    if not repeatable:
        return Unknown("the process that ran it ended before it told the outcome")
    if attempts >= OTHER_ATTEMPTS:
        return Dead("WORKER_LOST", f"the process that ran it ended {attempts} times")
    return RetryAt(now, "the process that ran it ended", "WORKER_LOST")


def backoff_s(attempts: int, now: datetime) -> float:
    """Seconds to wait after `attempts` failures: doubled each time up to a cap, of which the upper half is jitter."""
    ceiling = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(attempts - 1, 30))
    share = crc32(f"{now.isoformat()} {attempts}".encode()) / 2**32
    return ceiling / 2 + ceiling / 2 * share


def _again(code: str, message: str, not_before_s: float, attempts: int, budget: int, now: datetime) -> Decision:
    if attempts >= budget:
        return Dead(code, f"given up after {attempts} attempts: {message}")
    return RetryAt(now + timedelta(seconds=max(not_before_s, backoff_s(attempts, now))), message, code)
