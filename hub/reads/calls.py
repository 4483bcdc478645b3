"""Whether systems are called, and how many calls are left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.budget import WINDOW_S

_CALLS: Final = text(
    """
    SELECT s.name, coalesce(k.state, 'CLOSED') AS breaker, coalesce(k.failures, 0) AS failures, k.opened_at,
           CASE WHEN k.state = 'OPEN' THEN k.retry_at END AS retry_at, k.reason, b.window_start, b.window_limit,
           b.spent_realtime, b.spent_bulk, CASE WHEN b.blocked_until > :now THEN b.blocked_until END AS blocked_until,
           coalesce(b.window_start + make_interval(secs => :window_s) <= :now, false) AS over
    FROM connected_system s LEFT JOIN system_breaker k ON k.system = s.name
    LEFT JOIN system_budget b ON b.system = s.name
    WHERE CAST(:names AS text[]) IS NULL OR s.name = ANY(:names) ORDER BY s.name
    """
)


@dataclass(frozen=True, slots=True)
class BudgetRow:
    """Calls of the present minute; none are spent when nobody has called in it."""

    limit: int
    spent_realtime: int
    spent_bulk: int
    blocked_until: datetime | None

    @property
    def left(self) -> int:
        """Calls that real-time work may still make in this minute."""
        return 0 if self.blocked_until is not None else max(0, self.limit - self.spent_realtime - self.spent_bulk)


@dataclass(frozen=True, slots=True)
class CallsRow:
    """A system's breaker, and its budget once it has been called. `reason` is the code of the last failure."""

    name: str
    breaker: str
    failures: int
    opened_at: datetime | None
    retry_at: datetime | None
    reason: str | None
    budget: BudgetRow | None


async def list_calls(connection: AsyncConnection, now: datetime) -> Sequence[CallsRow]:
    """Of all systems, by name."""
    return list((await _calls(connection, None, now)).values())


async def calls_by_name(connection: AsyncConnection, names: Sequence[str], now: datetime) -> Mapping[str, CallsRow]:
    """Of the systems with these names that hub.yaml knows."""
    return await _calls(connection, list(names), now)


async def _calls(connection: AsyncConnection, names: list[str] | None, now: datetime) -> dict[str, CallsRow]:
    found = await connection.execute(_CALLS, {"names": names, "now": now, "window_s": WINDOW_S})
    return {
        row.name: CallsRow(
            row.name,
            row.breaker,
            row.failures,
            row.opened_at,
            row.retry_at,
            row.reason,
            None
            if row.window_start is None
            else BudgetRow(
                row.window_limit,
                0 if row.over else row.spent_realtime,
                0 if row.over else row.spent_bulk,
                row.blocked_until,
            ),
        )
        for row in found
    }
