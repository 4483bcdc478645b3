"""The gate in front of one system: every call of this process passes it, within what all processes share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final, TypeVar

import structlog
from sqlalchemy.exc import DBAPIError

from hub.clock import Clock
from hub.errors import Forbidden, HubError, NothingWaiting, Suspended, Throttled, Transient, Unauthorised
from hub.exchange.breaker import Breaker
from hub.exchange.budget import WINDOW_S, Budget, Granted
from hub.flows.lease import UNDER_WAY, Lease, UnderWay
from hub.flows.slots import Slots
from hub.ports.limits import RateLimit
from hub.records.states import BreakerState
from hub.settings.systems import Limits
from hub.store.engine import Database
from hub.work.urgency import Urgency, urgency

Answer = TypeVar("Answer")

log = structlog.get_logger(__name__)

MIDWAY_S: Final[Mapping[Urgency, float]] = MappingProxyType({Urgency.REALTIME: 60.0, Urgency.BULK: 900.0})
"""So long a call that has begun waits in all between its requests: given up, it would begin with the first again."""
PATIENCE_S: Final[Mapping[Urgency, float]] = MappingProxyType({Urgency.REALTIME: 2.0, Urgency.BULK: 10.0})
"""So long a call waits for the budget; beyond it the thread is of more use elsewhere, and the work comes back."""
LEASE_S: Final = 1.0
"""Calls granted together are made within so long or asked for anew, and so is what others learnt of the breaker."""
BULK_LATER_S: Final = 0.25
"""In a new window real-time work asks first."""


class Gate:
    """Lets a call through when there is a slot, the budget has a request left and the breaker is closed.

    A call of several requests pays for each of them where its adapter tells of them (`request`), and else for one.
    Tells the breaker how calls went and the budget what the system asked for. `pause` is asyncio.sleep, or a test's.
    """

    def __init__(
        self,
        system: str,
        limits: Limits,
        database: Database,
        clock: Clock,
        patience_s: Mapping[Urgency, float] = PATIENCE_S,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._system = system
        self._largest = max(1, limits.requests_per_minute // WINDOW_S)
        self._budget = Budget(system, limits, database)
        self._breaker = Breaker(system, limits.suspend_after, database)
        self._slots = Slots(limits.concurrency)
        self._clock = clock
        self._patience_s = patience_s
        self._pause = pause
        self._leases = {which: Lease() for which in Urgency}
        self._asking = {which: asyncio.Lock() for which in Urgency}
        self._failing = False
        self._counted = False

    async def through(
        self,
        call: Callable[[], Awaitable[Answer]],
        told: Callable[[], RateLimit | None] = lambda: None,
        unanswered: Callable[[Answer], bool] = lambda _: False,
        *,
        goes_on: bool = False,
    ) -> Answer:
        """Make `call`, waiting a little if need be; `told` is asked afterwards, `unanswered` tells a bad answer.

        One that `goes_on` is not held up once it has begun, since nobody would know how far it came.
        Raises Throttled when the budget is spent for longer or the system asked for patience, Suspended when the
        breaker is open; the call was then not made, or had no effect.
        """
        which = urgency()
        waited_s = 0.0
        while True:
            async with self._slots.one(which):
                refused_s, probing = await self._enter(which)
                if refused_s is None:
                    return await self._attempt(UnderWay(self, which, probing, goes_on), call, told, unanswered)
            if waited_s + refused_s > self._patience_s[which]:
                raise Throttled(f"the budget of calls to {self._system} is spent", self._postponed_s(which, refused_s))
            await self._pause(refused_s)
            waited_s += refused_s

    async def request(self) -> None:
        """Count a request of the call under way here, before it is made; every one but the first may have to wait.

        Raises Throttled when that takes too long, Suspended when the breaker has opened meanwhile. Outside a call, as
        when a person looks at a system, nothing is counted.
        """
        call = UNDER_WAY.get()
        if call is None or call.gate is not self:
            return
        self._counted = True
        if call.paid:
            call.paid -= 1
        elif call.goes_on:
            self._leases[call.which].calls -= 1
        else:
            await self._wait_midway(call)

    async def _wait_midway(self, call: UnderWay) -> None:
        while (refused_s := await self._another(call)) is not None:
            if call.waited_s + refused_s > MIDWAY_S[call.which]:
                raise Throttled(f"the budget of calls to {self._system} is spent", refused_s)
            await self._pause(refused_s)
            call.waited_s += refused_s

    async def _attempt(
        self,
        under_way: UnderWay,
        call: Callable[[], Awaitable[Answer]],
        told: Callable[[], RateLimit | None],
        unanswered: Callable[[Answer], bool],
    ) -> Answer:
        probing = under_way.probing
        place = UNDER_WAY.set(under_way)
        try:
            answer = await call()
        except HubError as error:
            await self._failed(error, probing)
            raise
        finally:
            UNDER_WAY.reset(place)
            await self._settle(under_way)
            if (word := told()) is not None:
                await self._noted(self._budget.tell(word, self._clock()))
        if unanswered(answer):
            await self._silent("UNANSWERED", probing)
        else:
            await self._succeeded(probing)
        return answer

    async def _settle(self, call: UnderWay) -> None:
        """A call that made no request gives its own back, and what a write took beyond the lease is paid."""
        lease = self._leases[call.which]
        if self._counted and call.paid:
            lease.calls += call.paid
        if lease.calls < 0:
            async with self._asking[call.which]:
                back, lease.calls = lease.unspent(), 0
                await self._noted(self._budget.spend(0, call.which, self._clock(), back))

    async def _noted(self, note: Awaitable[object]) -> None:
        """What a call brought, or why it failed, is worth more than a note about it that the store did not take."""
        try:
            await note
        except (DBAPIError, OSError) as error:
            log.warning("outcome of a call not noted", system=self._system, error=type(error).__name__)

    async def _enter(self, which: Urgency) -> tuple[float | None, bool]:
        """Seconds to wait, None when the call may be made; then also whether it is the breaker's probe."""
        lease = self._leases[which]
        async with self._asking[which]:
            now = self._clock()
            if lease.calls > 0 and lease.valid_until is not None and now < lease.valid_until:
                lease.calls -= 1
                return None, False
            granted = await self._ask(which, lease, now)
            if granted.breaker is not BreakerState.CLOSED:
                return None, await self._probe(granted, now)
        return _refused_s(granted, which, now), False

    async def _another(self, call: UnderWay) -> float | None:
        """Seconds to wait, None when the call may make one more request; a probe makes them past the breaker."""
        lease = self._leases[call.which]
        async with self._asking[call.which]:
            now = self._clock()
            if lease.calls > 0 and lease.valid_until is not None and now < lease.valid_until:
                lease.calls -= 1
                return None
            granted = await self._ask(call.which, lease, now, probing=call.probing)
        if granted.breaker is not BreakerState.CLOSED and not call.probing:
            raise Suspended(self._system)
        return _refused_s(granted, call.which, now)

    async def _ask(self, which: Urgency, lease: Lease, now: datetime, *, probing: bool = False) -> Granted:
        """Ask for more at once the faster the last ones went; a probe only for what it needs."""
        in_time = lease.valid_until is not None and now < lease.valid_until
        wanted = min(self._largest, lease.size * 2) if in_time and lease.calls == 0 and not probing else 1
        granted = await self._budget.spend(wanted, which, now, lease.unspent(), probing=probing)
        if lease.window_start != granted.window_start:
            lease.turned_away = 0
        lease.size = wanted
        lease.calls = max(0, granted.calls - 1)
        lease.window_start, lease.failures = granted.window_start, granted.failures
        ends = granted.window_start + timedelta(seconds=WINDOW_S)
        lease.valid_until = min(ends, now + timedelta(seconds=LEASE_S))
        return granted

    async def _probe(self, granted: Granted, now: datetime) -> bool:
        """True for the one caller whose call is the probe; Suspended for everybody else."""
        if granted.probe_at is not None and granted.probe_at <= now:
            paid = await self._budget.spend(1, Urgency.REALTIME, now, probing=True)
            if paid.calls > 0 and await self._breaker.may_probe(now):
                return True
        raise Suspended(self._system)

    def _postponed_s(self, which: Urgency, refused_s: float) -> float:
        """Spread what is turned away over the windows to come, or all of it would be back at once."""
        lease = self._leases[which]
        lease.turned_away += 1
        return refused_s + WINDOW_S * (lease.turned_away // (self._largest * WINDOW_S))

    async def _failed(self, error: HubError, probing: bool) -> None:
        """Silence and a refused login count; a "no", or a request for patience, is an answer like another."""
        match error:
            case Throttled() | Suspended():  # by this gate, behind requests that were answered
                await self._succeeded(probing)
            case Transient(retry_after_s=float() | int() as after_s) if not isinstance(error, NothingWaiting):
                await self._noted(self._budget.block(after_s, self._clock()))
                self._forget_leases()
                await self._succeeded(probing)
                raise Throttled(error.message, after_s) from error
            case NothingWaiting():
                await self._succeeded(probing)
            case Transient() | Unauthorised() if not isinstance(error, Forbidden):
                await self._silent(error.code, probing)
            case _:
                await self._succeeded(probing)

    async def _silent(self, code: str, probing: bool) -> None:
        self._failing = True
        self._forget_leases()
        await self._noted(self._breaker.failed(code, self._clock(), probing=probing))

    async def _succeeded(self, probing: bool) -> None:
        if probing or self._failing or any(lease.failures for lease in self._leases.values()):
            await self._noted(self._breaker.succeeded(self._clock(), probing=probing))
            self._failing = False
            for lease in self._leases.values():
                lease.failures = 0

    def _forget_leases(self) -> None:
        # The calls were paid for and are given back with the next question.
        for lease in self._leases.values():
            lease.valid_until = None


def _refused_s(granted: Granted, which: Urgency, now: datetime) -> float | None:
    """Seconds until it is worth asking again; None for what was granted."""
    if granted.calls > 0:
        return None
    wait_s = max(0.0, (granted.again_at - now).total_seconds())
    return wait_s + (BULK_LATER_S if which is Urgency.BULK else 0.0)
