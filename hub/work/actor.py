"""Run one row by its id: what every message asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog
from sqlalchemy.exc import DBAPIError

from hub.clock import Clock
from hub.errors import HubError
from hub.observe.context import restore_context
from hub.store.engine import Database
from hub.work.claim import claim_all_sent
from hub.work.conclude import conclude
from hub.work.decisions import Decision, Park, RetryAt, Unknown, decide
from hub.work.doorbell import Bell
from hub.work.leases import Leases
from hub.work.together import Together
from hub.work.urgency import under_urgency, urgency_of
from hub.work.work import Handlers, RegisteredHandler, Work

RECORD_AGAIN_S = (0.1, 0.5, 2.0, 5.0)
"""Pauses before an outcome is written again when the database is away; the lease is kept meanwhile if it can be."""

AT_ONCE = 100
"""Rows claimed, and outcomes recorded, in one transaction where so many come at once."""

log = structlog.get_logger(__name__)


class Actor:
    """Claims rows for `owner`, calls their handlers outside any transaction and records the outcomes."""

    def __init__(
        self, database: Database, handlers: Handlers, owner: str, clock: Clock, leases: Leases, bell: Bell
    ) -> None:
        self._database = database
        self._handlers = handlers
        self._owner = owner
        self._clock = clock
        self._leases = leases
        self._bell = bell
        self._running: set[asyncio.Task[Decision]] = set()
        self._claim = Together(self._claim_all, most=AT_ONCE)
        self._keep = Together(self._keep_all, most=AT_ONCE)

    async def run_all(self, row_ids: Sequence[int]) -> None:
        """As `run`, of the rows that one message names, all at once."""
        await asyncio.gather(*[self.run(row_id) for row_id in row_ids])

    async def run(self, row_id: int) -> None:
        """Run the row if it is still to be run. Never raises: the table and not the broker repeats what failed."""
        try:
            work = await self._claim(row_id)
            if work is not None:
                with restore_context(work.context), under_urgency(urgency_of(work.queue)):
                    await self._attempt(work)
        except Exception:
            log.exception("work left to the sweeper", work=row_id)

    def interrupt(self) -> None:
        """Cancel the handlers that still run; their rows are READY again, or UNKNOWN where that is not safe."""
        for task in self._running:
            task.cancel()

    async def _attempt(self, work: Work) -> None:
        registered = self._handlers.get(work.kind)
        if registered is None:
            await self._record(work, Park(f"no handler for {work.kind} in this version", "NO_HANDLER"), together=False)
            return
        with self._leases.hold(work, registered.lease_s):
            task = asyncio.ensure_future(self._decide(registered, work))
            self._running.add(task)
            try:
                decision = await task
            finally:
                self._running.discard(task)
            await self._record(work, decision, together=registered.together)

    async def _decide(self, registered: RegisteredHandler, work: Work) -> Decision:
        try:
            return await registered.handler(work)
        except asyncio.CancelledError:
            # Not raised again: only `interrupt` cancels this task, and its caller wants the outcome recorded.
            if registered.repeatable:
                return RetryAt(self._clock(), "the worker was stopped", "STOPPED")
            return Unknown("the worker was stopped before the outcome was known")
        except HubError as error:
            log.info("work failed", work=work.id, kind=work.kind, code=error.code, attempts=work.attempts)
            return decide(error, work.attempts, self._clock())
        except Exception as error:
            log.exception("work failed unexpectedly", work=work.id, kind=work.kind, attempts=work.attempts)
            if registered.repeatable:
                return decide(error, work.attempts, self._clock())
            return Unknown(f"ended by {type(error).__name__}")

    async def _record(self, work: Work, decision: Decision, *, together: bool) -> None:
        for pause_s in (*RECORD_AGAIN_S, None):
            try:
                if together:
                    kept = await self._keep((work, decision))
                else:
                    (kept,) = await self._keep_all([(work, decision)])
            except (DBAPIError, OSError):
                if pause_s is None:
                    raise
                await asyncio.sleep(pause_s)
            else:
                break
        if not kept:
            log.warning("work had been taken away", work=work.id, kind=work.kind, attempts=work.attempts)
        self._bell.ring()

    async def _claim_all(self, row_ids: Sequence[int]) -> list[Work | None]:
        async with self._database.transaction() as connection:
            found = await claim_all_sent(connection, row_ids, self._owner, self._handlers, self._clock())
        return [found.pop(row_id, None) for row_id in row_ids]

    async def _keep_all(self, outcomes: Sequence[tuple[Work, Decision]]) -> list[bool]:
        async with self._database.transaction() as connection:
            kept = await conclude(connection, self._handlers, outcomes, self._clock())
        return [work.id in kept for work, _ in outcomes]
