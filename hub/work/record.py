"""Record what became of an attempt, in one short transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, assert_never

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.work.decisions import Dead, Decision, Done, Park, RetryAt, Unknown
from hub.work.lines import lock_lines, promote
from hub.work.tables import WorkState
from hub.work.work import Work

LONGEST_WAIT: Final = timedelta(minutes=5)
"""Work that waits for something looks again after so long: what it waits for may have come as it was being parked."""

_RECORD = text(
    """
    UPDATE dispatch
    SET state = :state, ready_at = coalesce(:ready_at, ready_at), finished_at = :finished_at,
        last_error_code = :code, last_error_message = :message, waits_for = :waits_for, lease_until = NULL,
        lease_owner = NULL
    WHERE id = :id AND state = 'RUNNING' AND lease_owner = :owner AND attempts = :attempts
      AND (CAST(:expired_at AS timestamptz) IS NULL OR lease_until <= :expired_at)
    RETURNING id
    """
)


async def record(
    connection: AsyncConnection, work: Work, decision: Decision, now: datetime, expired_at: datetime | None = None
) -> bool:
    """False, and nothing is changed, when the attempt was taken from its process in the meantime.

    With `expired_at` it is recorded only if the lease had run out by then. The line is held before the row, as
    `dispatch` does it, so that joining and leaving a line cannot wait for each other.
    """
    leaves_line = work.line if isinstance(decision, Done | Dead) else None
    if leaves_line is not None:
        await lock_lines(connection, [leaves_line], now)
    state, code, message = _described(decision)
    recorded = await connection.execute(
        _RECORD,
        {
            "id": work.id,
            "owner": work.owner,
            "attempts": work.attempts,
            "state": state,
            "ready_at": _ready_at(decision, now),
            "finished_at": now if isinstance(decision, Done | Dead) else None,
            "code": code,
            "message": message,
            "waits_for": decision.waits_for if isinstance(decision, Park) else None,
            "expired_at": expired_at,
        },
    )
    if recorded.one_or_none() is None:
        return False
    if leaves_line is not None:
        await promote(connection, {leaves_line: work.id})
    return True


def _ready_at(decision: Decision, now: datetime) -> datetime | None:
    match decision:
        case RetryAt(at=at):
            return at
        case Park(waits_for=str()):
            return now + LONGEST_WAIT
        case _:
            return None


def _described(decision: Decision) -> tuple[WorkState, str | None, str | None]:
    match decision:
        case Done():
            return WorkState.DONE, None, None
        case RetryAt(reason=reason, code=code):
            return WorkState.READY, code, reason
        case Park(reason=reason, code=code):
            return WorkState.PARKED, code, reason
        case Dead(code=code, message=message):
            return WorkState.DEAD, code, message
        case Unknown(message=message):
            return WorkState.UNKNOWN, "UNKNOWN", message
        case _:
            assert_never(decision)
