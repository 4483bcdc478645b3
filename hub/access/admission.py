"""How much one caller may ask of a process at a time: requests per second, operations at once, subscriptions.

The rate is the generic cell rate algorithm (ITU-T I.371): a caller's next request is due one interval after the one
before, and may come `burst` intervals early. It is kept in memory; what a caller asks of other processes is charged to
him afterwards (`hub.access.shared_usage`). In t seconds P processes that share every R seconds let through at most
rate * t + P * (burst + rate * R) requests of one caller.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import reduce
from typing import Final, Self

from hub.access.principal import Principal, Role
from hub.errors import RateLimited, TooManyAtOnce

CALLERS_AT_MOST: Final = 50_000
"""Whoever was not heard of the longest is forgotten first, and begins anew with a full burst."""

LONGEST_DEBT_S: Final = 30.0
"""What others let through is paid back in at most so long."""

AGAIN_S: Final = 1.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """For one caller: requests per second in the long run and at once after a rest; operations and subscriptions open
    at a time in one process; the cost of one operation; whether the schema tells him about itself."""

    per_second: float
    burst: int
    at_once: int
    subscriptions: int
    cost: int
    introspects: bool = False

    def or_more(self, other: Self) -> Self:
        """The larger of each: what somebody with both roles may."""
        return type(self)(
            max(self.per_second, other.per_second),
            max(self.burst, other.burst),
            max(self.at_once, other.at_once),
            max(self.subscriptions, other.subscriptions),
            max(self.cost, other.cost),
            self.introspects or other.introspects,
        )


class Caller:
    """What a process remembers of one subject."""

    __slots__ = ("allowance", "due", "interval", "open", "subscriptions", "used")

    def __init__(self, allowance: Allowance) -> None:
        self.allowance = allowance
        self.interval = 1.0 / allowance.per_second
        self.due = 0.0
        self.open = self.subscriptions = self.used = 0


class Admission:
    """One for each process; on the loop that serves."""

    def __init__(self, allowances: Mapping[Role, Allowance], clock_s: Callable[[], float] = time.monotonic) -> None:
        self._allowances = allowances
        self._clock_s = clock_s
        self._by_roles: dict[frozenset[Role], Allowance] = {}
        self._callers: OrderedDict[str, Caller] = OrderedDict()

    def allowance(self, principal: Principal) -> Allowance:
        """The sum of what his roles allow: of each limit the largest."""
        known = self._by_roles.get(principal.roles)
        if known is None:
            given = [self._allowances[role] for role in sorted(principal.roles)]
            known = self._by_roles[principal.roles] = reduce(Allowance.or_more, given)
        return known

    def judge(self, principal: Principal) -> Caller:
        """Raise RateLimited or TooManyAtOnce where no operation may begin now; counts nothing."""
        caller = self._caller(principal)
        allowance = caller.allowance
        if caller.open >= allowance.at_once:
            raise TooManyAtOnce(f"at most {allowance.at_once} operations at once", AGAIN_S)
        now = self._clock_s()
        early = max(caller.due, now) - now - (allowance.burst - 1) * caller.interval
        if early > 1e-9:
            raise RateLimited(f"at most {allowance.per_second:g} requests a second", early)
        return caller

    def enter(self, principal: Principal) -> Caller:
        """Begin an operation; give what this returns to `leave`. RateLimited or TooManyAtOnce when it may not begin."""
        caller = self.judge(principal)
        caller.due = max(caller.due, self._clock_s())
        caller.due += caller.interval
        caller.used += 1
        caller.open += 1
        return caller

    def leave(self, caller: Caller) -> None:
        """The operation has ended."""
        caller.open -= 1

    def hand_on(self, caller: Caller) -> None:
        """The operation goes on elsewhere, and is counted there."""
        caller.open -= 1
        caller.used -= 1
        caller.due -= caller.interval

    @contextmanager
    def following(self, principal: Principal) -> Iterator[None]:
        """A subscription is open inside the block; TooManyAtOnce beyond the caller's limit."""
        caller = self._caller(principal)
        if caller.subscriptions >= caller.allowance.subscriptions:
            raise TooManyAtOnce(f"at most {caller.allowance.subscriptions} subscriptions at once", AGAIN_S)
        caller.subscriptions += 1
        try:
            yield
        finally:
            caller.subscriptions -= 1

    def take_usage(self, share: float) -> dict[str, int]:
        """Requests since this was asked last, by subject, of callers who used at least `share` of a second's rate.

        Also of those who are ahead of their rate, though they were refused all the time: what others let through of
        them meanwhile is still to be charged.
        """
        used: dict[str, int] = {}
        now = self._clock_s()
        for subject, caller in self._callers.items():
            if caller.due > now or (caller.used and caller.used >= share * caller.allowance.per_second):
                used[subject] = caller.used
            caller.used = 0
        return used

    def charge(self, subject: str, requests: int) -> None:
        """What other processes let through of this caller meanwhile."""
        caller = self._callers.get(subject)
        if caller is None:
            return
        now = self._clock_s()
        most = now + caller.allowance.burst * caller.interval + LONGEST_DEBT_S
        caller.due = min(max(caller.due, now) + requests * caller.interval, most)

    def _caller(self, principal: Principal) -> Caller:
        known = self._callers.get(principal.subject)
        allowance = self.allowance(principal)
        if known is None:
            known = self._callers[principal.subject] = Caller(allowance)
            self._forget_idle()
        elif known.allowance is not allowance:
            known.allowance, known.interval = allowance, 1.0 / allowance.per_second
        return known

    def _forget_idle(self) -> None:
        """Never one who has something open: his counters are still to go down."""
        now = self._clock_s()
        looked_at = 0
        while len(self._callers) > CALLERS_AT_MOST and looked_at < 10:
            subject, caller = self._callers.popitem(last=False)
            looked_at += 1
            if caller.open or caller.subscriptions or caller.due > now:
                self._callers[subject] = caller
