"""The work that a migration orders: each in the transaction of the state that calls for it, each repeatable."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.migration.stored import Migration, by_id, watched
from hub.work.dispatch import dispatch
from hub.work.tables import AT_HEAD, Queue
from hub.work.work import NewWork

ADVANCE: Final = "migration.advance"
"""Look at a migration and do what is due; payload {"migration"}."""
REPLAY: Final = "migration.replay"
"""Reconcile what is live after a cut-over; payload {"migration"}."""
RESTORE: Final = "migration.restore"
"""Reconcile what is live after a rollback; payload {"migration"}."""


async def order_advance(connection: AsyncConnection, migration: Migration, now: datetime) -> None:
    """Look at it soon."""
    await _order(connection, migration, ADVANCE, Queue.SYSTEM, now)


async def watch(connection: AsyncConnection, now: datetime, limit: int) -> int:
    """Order a look at each migration at which nobody is at work, `limit` at most; tells how many.

    What an event would have told that came too early, or was given up, is found this way.
    """
    ordered = 0
    for identity in (await watched(connection))[:limit]:
        migration = await by_id(connection, identity)
        busy = await connection.scalar(
            text(f"SELECT EXISTS (SELECT FROM dispatch WHERE line = :line AND {AT_HEAD})"),  # noqa: S608  a constant
            {"line": _line(migration)},
        )
        if not busy:
            await order_advance(connection, migration, now)
            ordered += 1
    return ordered


async def order_replay(connection: AsyncConnection, migration: Migration, now: datetime) -> None:
    """Bring the candidate's versions into what is live."""
    await _order(connection, migration, REPLAY, Queue.REPLAY, now)


async def order_restore(connection: AsyncConnection, migration: Migration, now: datetime) -> None:
    """Ask the source about everything in which live and the restored lane differ."""
    await _order(connection, migration, RESTORE, Queue.REPLAY, now)


async def _order(connection: AsyncConnection, migration: Migration, kind: str, queue: Queue, now: datetime) -> None:
    work = NewWork(
        kind=kind,
        queue=queue,
        payload={"migration": str(migration.id)},
        line=_line(migration),
        context={"flow": migration.flow},
    )
    await dispatch(connection, [work], now)


def _line(migration: Migration) -> str:
    # The line of lane.run_completed too: the steps of one flow's migration go one after the other.
    return f"migration/{migration.flow}"
