"""Work that was done in bulk and is stuck one by one: rows of their own, for a person to find, retry or settle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.sets import run_set
from hub.work.decisions import Dead, Unknown
from hub.work.tables import WorkState
from hub.work.work import NewWork

_INSERT: Final = """
INSERT INTO dispatch (kind, queue, line, payload, state, attempts, ready_at, dedupe_key, context, created_at,
  finished_at, last_error_code, last_error_message)
SELECT r.kind, r.queue, r.line, r.payload, r.state, 1, :now, r.dedupe_key, r.context, :now,
  CASE r.state WHEN 'DEAD' THEN CAST(:now AS timestamptz) END, r.code, r.message
FROM json_to_recordset(CAST(:rows AS json)) AS r(kind text, queue text, line text, payload jsonb, state text,
  dedupe_key text, context jsonb, code text, message text)
ON CONFLICT (dedupe_key) DO NOTHING
"""


async def lay_aside(
    connection: AsyncConnection, stuck: Sequence[tuple[NewWork, Dead | Unknown]], now: datetime
) -> None:
    """Each as if it had been dispatched and had come to this; a second time under its dedupe key it is no news.

    What is UNKNOWN stands in no line: it was not done in one, so nobody is to wait for it there.
    """
    if stuck:
        await run_set(connection, _INSERT, [_row(work, outcome) for work, outcome in stuck], now=now)


def _row(work: NewWork, outcome: Dead | Unknown) -> dict[str, object]:
    dead = isinstance(outcome, Dead)
    return {
        "kind": work.kind,
        "queue": work.queue,
        "line": work.line if dead else None,
        "payload": work.payload,
        "state": WorkState.DEAD if dead else WorkState.UNKNOWN,
        "dedupe_key": work.dedupe_key,
        "context": work.context,
        "code": outcome.code if isinstance(outcome, Dead) else "UNKNOWN",
        "message": outcome.message,
    }
