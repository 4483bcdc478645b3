"""The breaker of a system: opens after failures in a row, lets one probe through at a time, closes on its success."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.records.states import BreakerState
from hub.store.engine import Database
from hub.work.decisions import waiting_for
from hub.work.dispatch import dispatch
from hub.work.release import release
from hub.work.tables import Queue
from hub.work.work import NewWork

PROBE: Final = "system.probe"
"""Kind of the work that calls a suspended system once it may answer again; payload {"system": name}."""
FIRST_PAUSE_S: Final = 30
LONGEST_PAUSE_S: Final = 900
"""Seconds from an opening to its probe: doubled with each probe that fails, up to this."""
PROBE_LASTS_S: Final = 120
"""Longer than any probe should take; then its process counts as lost and another one may probe."""

log = structlog.get_logger(__name__)

# Failures of calls that were under way when it opened change nothing any more.
_FAIL = text(
    """
    INSERT INTO system_breaker AS b (system, failures, reason) VALUES (:system, 1, :reason)
    ON CONFLICT (system) DO UPDATE SET failures = b.failures + 1, reason = excluded.reason
    WHERE b.state = 'CLOSED' OR (b.state = 'HALF_OPEN' AND :probing)
    RETURNING state, failures
    """
)
_OPEN = text(
    """
    UPDATE system_breaker SET state = 'OPEN', openings = openings + 1, opened_at = coalesce(opened_at, :now),
        probe_until = NULL, retry_at = CAST(:now AS timestamptz)
            + make_interval(secs => least(:longest_s, :first_s * 2 ^ least(openings, 20)))
    WHERE system = :system RETURNING retry_at
    """
)
_SUCCEED = text("UPDATE system_breaker SET failures = 0 WHERE system = :system AND state = 'CLOSED'")
_PROBE = text(
    """
    UPDATE system_breaker SET state = 'HALF_OPEN',
        probe_until = CAST(:now AS timestamptz) + make_interval(secs => :lasts_s)
    WHERE system = :system AND state <> 'CLOSED' AND coalesce(probe_until, retry_at) <= :now RETURNING system
    """
)
_HASTEN = text("UPDATE system_breaker SET retry_at = :now WHERE system = :system AND state = 'OPEN' RETURNING system")
_CLOSE = text(
    """
    UPDATE system_breaker SET state = 'CLOSED', failures = 0, openings = 0, opened_at = NULL, retry_at = NULL,
        probe_until = NULL, reason = NULL
    WHERE system = :system AND state <> 'CLOSED' RETURNING system
    """
)
_SHOW = text(
    """
    UPDATE connected_system SET state = :state, last_error_at = coalesce(:failed_at, last_error_at),
        last_error_code = coalesce(:reason, last_error_code)
    WHERE name = :system AND state <> 'DISABLED'
    """
)
_LOOK = text("SELECT state, coalesce(probe_until, retry_at) AS probe_at FROM system_breaker WHERE system = :system")


class Breaker:
    """One system's breaker as one process feeds it; `suspend_after` failures in a row open it."""

    def __init__(self, system: str, suspend_after: int, database: Database) -> None:
        self._system = system
        self._suspend_after = suspend_after
        self._database = database

    async def failed(self, reason: str, now: datetime, *, probing: bool = False) -> None:
        """A call found nobody or was turned away at the door; `reason` is the error's code."""
        async with self._database.transaction() as connection:
            failed = (
                await connection.execute(_FAIL, {"system": self._system, "reason": reason, "probing": probing})
            ).one_or_none()
            if failed is None:
                return
            again = failed.state == BreakerState.HALF_OPEN
            if again or failed.failures >= self._suspend_after:
                await self._open(connection, reason, now, again=again)

    async def succeeded(self, now: datetime, *, probing: bool = False) -> None:
        """The system answered: failures count anew, and a probe closes."""
        async with self._database.transaction() as connection:
            if probing:
                await self.close(connection, now)
            else:
                await connection.execute(_SUCCEED, {"system": self._system})

    async def may_probe(self, now: datetime) -> bool:
        """True for one caller once a probe is due; that one has to tell how it went."""
        async with self._database.transaction() as connection:
            claimed = await connection.execute(_PROBE, {"system": self._system, "now": now, "lasts_s": PROBE_LASTS_S})
            return claimed.one_or_none() is not None

    async def hasten(self, connection: AsyncConnection, now: datetime) -> bool:
        """Make the next probe due now; False when the breaker is not OPEN."""
        hastened = await connection.execute(_HASTEN, {"system": self._system, "now": now})
        return hastened.one_or_none() is not None

    async def close(self, connection: AsyncConnection, now: datetime) -> int:
        """Let calls through again and release the work that waited, in its order; tells how much that was."""
        if (await connection.execute(_CLOSE, {"system": self._system})).one_or_none() is None:
            return 0
        await self._show(connection, "ACTIVE", None, None)
        released = await release(connection, waiting_for(self._system), now)
        log.info("breaker closed", system=self._system, released=released)
        return released

    async def probe_due(self) -> datetime | None:
        """When the next probe may be made, None while the breaker is closed."""
        async with self._database.reading() as connection:
            row = (await connection.execute(_LOOK, {"system": self._system})).one_or_none()
        return None if row is None or row.state == BreakerState.CLOSED else row.probe_at

    async def _open(self, connection: AsyncConnection, reason: str, now: datetime, *, again: bool) -> None:
        opened = await connection.execute(
            _OPEN, {"system": self._system, "now": now, "first_s": FIRST_PAUSE_S, "longest_s": LONGEST_PAUSE_S}
        )
        retry_at: datetime = opened.scalar_one()
        await self._show(connection, "SUSPENDED", now, reason)
        if not again:  # the probe that just failed goes on by itself
            work = NewWork(PROBE, Queue.SYSTEM, {"system": self._system}, ready_at=retry_at)
            await dispatch(connection, [work], now)
        log.warning("breaker opened", system=self._system, code=reason, until=retry_at.isoformat())

    async def _show(
        self, connection: AsyncConnection, state: str, failed_at: datetime | None, reason: str | None
    ) -> None:
        await connection.execute(
            _SHOW, {"system": self._system, "state": state, "failed_at": failed_at, "reason": reason}
        )
