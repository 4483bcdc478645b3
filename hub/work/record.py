"""Record what became of an attempt, in one short transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, assert_never

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.sets import run_set
from hub.work.decisions import Dead, Decision, Done, Park, RetryAt, Unknown
from hub.work.lines import lock_lines, promote
from hub.work.tables import WorkState
from hub.work.work import Work

LONGEST_WAIT: Final = timedelta(minutes=5)
"""Work that waits for something looks again after so long: what it waits for may have come as it was being parked."""

# The ids stand there twice: of the rows alone the planner knows nothing, and would read the whole table for them.
_RECORD = """
UPDATE dispatch d
SET state = r.state, ready_at = coalesce(r.ready_at, d.ready_at), finished_at = r.finished_at,
    last_error_code = r.code, last_error_message = r.message, waits_for = r.waits_for, lease_until = NULL,
    lease_owner = NULL
FROM json_to_recordset(CAST(:rows AS json)) AS r(id bigint, owner text, attempts int, state text,
    ready_at timestamptz, finished_at timestamptz, code text, message text, waits_for text)
WHERE d.id = ANY(CAST(:ids AS bigint[])) AND d.id = r.id
  AND d.state = 'RUNNING' AND d.lease_owner = r.owner AND d.attempts = r.attempts
  AND (CAST(:expired_at AS timestamptz) IS NULL OR d.lease_until <= :expired_at)
RETURNING d.id
"""


async def record(
    connection: AsyncConnection, work: Work, decision: Decision, now: datetime, expired_at: datetime | None = None
) -> bool:
    """False, and nothing is changed, when the attempt was taken from its process in the meantime.

    With `expired_at` it is recorded only if the lease had run out by then. The line is held before the row, as
    `dispatch` does it, so that joining and leaving a line cannot wait for each other.
    """
    return work.id in await record_all(connection, [(work, decision)], now, expired_at)


async def record_all(
    connection: AsyncConnection,
    outcomes: Sequence[tuple[Work, Decision]],
    now: datetime,
    expired_at: datetime | None = None,
) -> set[int]:
    """As `record`, of several attempts; the ids of those that were recorded."""
    leaving = {work.line: work.id for work, decision in outcomes if work.line and isinstance(decision, Done | Dead)}
    if leaving:
        await lock_lines(connection, leaving, now)
    rows = [_row(work, decision, now) for work, decision in outcomes]
    ids = [work.id for work, _ in outcomes]
    recorded = set((await run_set(connection, _RECORD, rows, ids=ids, expired_at=expired_at)).scalars())
    left = {line: row_id for line, row_id in leaving.items() if row_id in recorded}
    if left:
        await promote(connection, left)
    return recorded


def _row(work: Work, decision: Decision, now: datetime) -> dict[str, object]:
    state, code, message = _described(decision)
    return {
        "id": work.id,
        "owner": work.owner,
        "attempts": work.attempts,
        "state": state,
        "ready_at": _ready_at(decision, now),
        "finished_at": now if isinstance(decision, Done | Dead) else None,
        "code": code,
        "message": message,
        "waits_for": decision.waits_for if isinstance(decision, Park) else None,
    }


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
