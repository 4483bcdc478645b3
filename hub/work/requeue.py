"""What a person decides about work that is stuck."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.work.decisions import Dead, Done
from hub.work.doorbell import ring_for_work
from hub.work.lines import lock_lines, promote
from hub.work.tables import WorkState

_LINES = text("SELECT DISTINCT line FROM dispatch WHERE id = ANY(:ids) AND line IS NOT NULL")

# A dead letter has left its line and joins it again; what is parked or unknown has kept its place at the head.
_REQUEUE = text(
    """
    UPDATE dispatch
    SET state = CASE WHEN state = 'DEAD' AND line IS NOT NULL THEN 'WAITING' ELSE 'READY' END,
        attempts = 0, ready_at = :now, finished_at = NULL, waits_for = NULL
    WHERE id = ANY(:ids) AND state IN ('DEAD', 'UNKNOWN', 'PARKED')
    RETURNING id
    """
)

_SETTLE = text(
    """
    UPDATE dispatch SET state = :state, finished_at = :now, last_error_code = :code, last_error_message = :message,
        waits_for = NULL
    WHERE id = ANY(:ids) AND state IN ('UNKNOWN', 'PARKED')
    RETURNING id, line
    """
)


async def requeue(connection: AsyncConnection, ids: Sequence[int], now: datetime) -> list[int]:
    """Try stuck rows again, with all attempts before them; tells which. Others are left alone.

    A dead letter runs after what its line has at work now; among those waiting the order of dispatch counts.
    """
    lines = await _hold_lines(connection, ids, now)
    requeued = list((await connection.execute(_REQUEUE, {"ids": list(ids), "now": now})).scalars())
    await promote(connection, dict.fromkeys(lines, 0))
    await ring_for_work(connection)
    return requeued


async def settle(connection: AsyncConnection, ids: Sequence[int], outcome: Done | Dead, now: datetime) -> int:
    """End rows that are UNKNOWN or PARKED after somebody looked: the effect is there, or is given up.

    Tells how many; their lines move on.
    """
    await _hold_lines(connection, ids, now)
    code, message = (None, None) if isinstance(outcome, Done) else (outcome.code, outcome.message)
    state = WorkState.DONE if isinstance(outcome, Done) else WorkState.DEAD
    settled = (
        await connection.execute(
            _SETTLE, {"ids": list(ids), "now": now, "state": state, "code": code, "message": message}
        )
    ).all()
    await promote(connection, {row.line: row.id for row in settled if row.line is not None})
    await ring_for_work(connection)
    return len(settled)


async def _hold_lines(connection: AsyncConnection, ids: Sequence[int], now: datetime) -> list[str]:
    lines = list((await connection.execute(_LINES, {"ids": list(ids)})).scalars())
    await lock_lines(connection, lines, now)
    return lines
