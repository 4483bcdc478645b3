"""Whether a system is called, and how many calls are left."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from hub.reads.calls import BudgetRow, CallsRow
from schema.types.enums import BreakerState


@strawberry.type(description="Stops the calls to a system after failures in a row; its work waits meanwhile.")
class SystemBreaker:
    """One row that all processes share."""

    state: BreakerState = strawberry.field(description="Whether calls go through.")
    failures: int = strawberry.field(description="Failed calls in a row.")
    opened_at: datetime | None = strawberry.field(description="Since when no call goes through; null while CLOSED.")
    retry_at: datetime | None = strawberry.field(description="When a probe is due; null unless OPEN.")
    reason: str | None = strawberry.field(description="Code of the last failure, null while nothing fails.")

    @classmethod
    def of(cls, row: CallsRow) -> Self:
        """The type from its row."""
        return cls(
            state=BreakerState(row.breaker),
            failures=row.failures,
            opened_at=row.opened_at,
            retry_at=row.retry_at,
            reason=row.reason if row.failures else None,
        )


@strawberry.type(description="Calls to a system within the present minute, by all processes of the hub.")
class SystemBudget:
    """One row that all processes share."""

    limit: int = strawberry.field(
        description="Calls per minute now: as declared, or less after a request for patience."
    )
    spent_realtime: int = strawberry.field(description="Calls made for real-time work.")
    spent_bulk: int = strawberry.field(description="Calls made for all other work.")
    left: int = strawberry.field(description="Calls that real-time work may still make in this minute.")
    blocked_until: datetime | None = strawberry.field(description="Until then the system asked not to be called.")

    @classmethod
    def of(cls, row: BudgetRow) -> Self:
        """The type from its row."""
        return cls(
            limit=row.limit,
            spent_realtime=row.spent_realtime,
            spent_bulk=row.spent_bulk,
            left=row.left,
            blocked_until=row.blocked_until,
        )
