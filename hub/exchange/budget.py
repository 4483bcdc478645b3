"""Spend calls from a system's budget, which all processes share, and hear what the system says about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text

from hub.ports.limits import RateLimit
from hub.records.states import BreakerState
from hub.settings.systems import Limits
from hub.store.engine import Database
from hub.work.urgency import Urgency

WINDOW_S: Final = 60
"""Seconds of a window: limits are declared by the minute. It begins with the first call after the last one ended."""
RECOVERY: Final = 0.1
"""Part of the declared limit that comes back with each window after a request for patience has halved it."""

# One statement, committed by itself: nobody holds the row while an event loop is busy with something else. The row is
# locked and read first; an UPDATE alone would compute from the version that it saw before it waited for the lock. Nor
# does it wait for the disk: a server that crashes forgets the calls of its last half second, and that harms nobody.
_SPEND = text(
    """
WITH ask AS (
    SELECT CAST(:system AS text) AS system, CAST(:now AS timestamptz) AS now, CAST(:declared AS int) AS declared,
           CAST(:share AS float) AS share, CAST(:realtime AS boolean) AS realtime, CAST(:wanted AS int) AS wanted,
           CAST(:back AS int) AS back, CAST(:back_window AS timestamptz) AS back_window,
           CAST(:probing AS boolean) AS probing, make_interval(secs => :window_s) AS lasts,
           CAST(:recovery AS float) AS recovery, set_config('synchronous_commit', 'off', true) AS commit
), held AS (
    SELECT b.* FROM system_budget b WHERE b.system = :system FOR UPDATE
), window_of AS (
    SELECT h.*, a.now >= h.window_start + a.lasts AS over,
           CASE WHEN h.window_start = a.back_window THEN a.back ELSE 0 END AS back
    FROM held h CROSS JOIN ask a
), present AS (
    SELECT a.*, w.blocked_until,
           CASE WHEN over THEN a.now ELSE w.window_start END AS window_start,
           least(a.declared, CASE WHEN over THEN w.window_limit + ceil(a.declared * a.recovery)::int
                                  ELSE w.window_limit END) AS window_limit,
           CASE WHEN over THEN 0 ELSE w.spent_realtime - CASE WHEN a.realtime THEN w.back ELSE 0 END END
               AS realtime_spent,
           CASE WHEN over THEN 0 ELSE w.spent_bulk - CASE WHEN a.realtime THEN 0 ELSE w.back END END AS bulk_spent,
           CASE WHEN w.told_until > a.now THEN w.told_remaining + w.back END AS told_remaining,
           CASE WHEN w.told_until > a.now THEN w.told_until END AS told_until
    FROM window_of w CROSS JOIN ask a
), left_over AS (
    SELECT p.*, k.state, coalesce(k.probe_until, k.retry_at) AS probe_at, coalesce(k.failures, 0) AS failures,
           window_limit - bulk_spent - CASE WHEN realtime THEN realtime_spent
               ELSE greatest(realtime_spent, least(window_limit - 1, ceil(window_limit * share)::int)) END AS free,
           CASE WHEN realtime THEN told_remaining ELSE floor(told_remaining * (1 - share))::int END AS told_free
    FROM present p LEFT JOIN system_breaker k ON k.system = p.system
), granted AS (
    SELECT *, CASE WHEN NOT probing AND state <> 'CLOSED' THEN 0
                   WHEN blocked_until > now THEN 0
                   ELSE greatest(0, least(wanted, free, told_free)) END AS calls
    FROM left_over
)
UPDATE system_budget b
SET window_start = g.window_start, window_limit = g.window_limit,
    spent_realtime = g.realtime_spent + CASE WHEN g.realtime THEN g.calls ELSE 0 END,
    spent_bulk = g.bulk_spent + CASE WHEN g.realtime THEN 0 ELSE g.calls END,
    told_remaining = g.told_remaining - g.calls, told_until = g.told_until
FROM granted g WHERE b.system = g.system
RETURNING g.calls, g.window_start, g.window_limit, g.failures, coalesce(g.state, 'CLOSED') AS state, g.probe_at,
    CASE WHEN g.blocked_until > g.now THEN g.blocked_until
         WHEN g.told_free <= 0 THEN g.told_until
         ELSE g.window_start + g.lasts END AS again_at
"""
)

_OPEN_ACCOUNT = text(
    """
    INSERT INTO system_budget (system, window_start, window_limit) VALUES (:system, :now, :declared)
    ON CONFLICT (system) DO NOTHING
    """
)

# Halved once for calls that were under way together: a block that still lasts has been paid for.
_BLOCK = text(
    """
    UPDATE system_budget SET
        window_limit = CASE WHEN blocked_until > :now THEN window_limit ELSE greatest(1, window_limit / 2) END,
        blocked_until = greatest(blocked_until, CAST(:now AS timestamptz) + make_interval(secs => :for_s))
    WHERE system = :system
    """
)

# Calls that others make now are not in the system's word yet, so the smaller number counts while one is in force.
_TELL = text(
    """
    UPDATE system_budget SET
        told_remaining = CASE WHEN told_until > :now THEN least(told_remaining, :remaining) ELSE :remaining END,
        told_until = CAST(:now AS timestamptz) + make_interval(secs => :reset_s)
    WHERE system = :system
    """
)


@dataclass(frozen=True, slots=True)
class Granted:
    """`calls` may be made within the window that began at `window_start`; 0: none before `again_at`.

    `failures` in a row are known to the breaker. When it is not CLOSED nothing is granted, and `probe_at` is when
    somebody should probe.
    """

    calls: int
    window_start: datetime
    window_limit: int
    again_at: datetime
    failures: int
    breaker: BreakerState
    probe_at: datetime | None


@dataclass(frozen=True, slots=True)
class Unspent:
    """Calls that were granted within a window and not made."""

    calls: int
    window_start: datetime


class Budget:
    """One system's budget as one process spends from it."""

    def __init__(self, system: str, limits: Limits, database: Database) -> None:
        self._system = system
        self._limits = limits
        self._database = database

    async def spend(
        self, wanted: int, urgency: Urgency, now: datetime, back: Unspent | None = None, *, probing: bool = False
    ) -> Granted:
        """Up to `wanted` calls, after giving `back` what an earlier grant of the same urgency left.

        Bulk leaves `realtime_share` of each window to real-time work. `probing` asks past a breaker that is open.
        """
        binds = {
            "system": self._system,
            "now": now,
            "window_s": WINDOW_S,
            "declared": self._limits.requests_per_minute,
            "recovery": RECOVERY,
            "share": self._limits.realtime_share,
            "realtime": urgency is Urgency.REALTIME,
            "wanted": wanted,
            "back": 0 if back is None else back.calls,
            "back_window": None if back is None else back.window_start,
            "probing": probing,
        }
        async with self._database.at_once() as connection:
            row = (await connection.execute(_SPEND, binds)).one_or_none()
            if row is None:
                declared = self._limits.requests_per_minute
                await connection.execute(_OPEN_ACCOUNT, {"system": self._system, "now": now, "declared": declared})
                row = (await connection.execute(_SPEND, binds)).one()
        return Granted(
            row.calls,
            row.window_start,
            row.window_limit,
            row.again_at,
            row.failures,
            BreakerState(row.state),
            row.probe_at,
        )

    async def block(self, for_s: float, now: datetime) -> None:
        """The system asked for patience: no call for so long, and half as many per window afterwards."""
        async with self._database.at_once() as connection:
            await connection.execute(_BLOCK, {"system": self._system, "for_s": for_s, "now": now})

    async def tell(self, word: RateLimit, now: datetime) -> None:
        """Keep to what the system says is left."""
        if word.remaining <= 0:
            await self.block(word.reset_s, now)
            return
        async with self._database.at_once() as connection:
            await connection.execute(
                _TELL, {"system": self._system, "remaining": word.remaining, "reset_s": word.reset_s, "now": now}
            )
