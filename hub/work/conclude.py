"""Record what became of attempts, and end with dead work what it stood for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.work.decisions import Dead, Decision
from hub.work.record import record_all
from hub.work.work import Handlers, Work


async def conclude(
    connection: AsyncConnection,
    handlers: Handlers,
    outcomes: Sequence[tuple[Work, Decision]],
    now: datetime,
    expired_at: datetime | None = None,
) -> set[int]:
    """As `record_all`; of what is DEAD by that, and only of that, its kind is told."""
    recorded = await record_all(connection, outcomes, now, expired_at)
    for work, decision in outcomes:
        registered = handlers.get(work.kind)
        if isinstance(decision, Dead) and work.id in recorded and registered is not None and registered.given_up:
            await registered.given_up(connection, work, decision, now)
    return recorded
