"""What a person decides about stuck work, with what it stands for: a command, a run, an event."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict, Invalid
from hub.exchange.order import SEND
from hub.flows.runs import end_run
from hub.flows.start_run import RUN
from hub.store.audit import Deed, record_deed
from hub.work.decisions import Dead, Done
from hub.work.requeue import requeue, settle

WORK: Final = "Work"
"""How the audit trail names it."""

REASON_LENGTH_MAX: Final = 500


class WorkVerdict(StrEnum):
    """What a person found out about work whose outcome is unknown. SEND_AGAIN: it did not happen, and shall."""

    DONE = "DONE"
    NOT_DONE = "NOT_DONE"
    SEND_AGAIN = "SEND_AGAIN"


# With all attempts before it; what was sent once is still looked for rather than sent twice.
_COMMANDS_AGAIN: Final = """
UPDATE outbound_command c SET attempts = 0 FROM dispatch d
WHERE d.id = ANY(:ids) AND d.kind = :kind AND c.id = CAST(d.payload->>'command' AS uuid)
  AND c.state IN ('PENDING', 'UNKNOWN', 'REFUSED', 'DEAD')"""

# A failed run begins again where its lane stood, under the epoch of now, as the next run of the schedule would.
_RUNS_AGAIN: Final = """
UPDATE flow_run r SET state = 'QUEUED', epoch = f.epoch, counters = '{}', error_code = NULL, error_message = NULL,
  started_at = NULL, finished_at = NULL, attempt = r.attempt + 1
FROM dispatch d, lane l JOIN information_flow f ON f.name = l.flow
WHERE d.id = ANY(:ids) AND d.kind = :kind AND r.id = CAST(d.payload->>'run' AS uuid) AND r.state = 'FAILED'
  AND l.id = r.lane_id
RETURNING r.id"""

_NOT_MIDWAY: Final = "UPDATE lane_cursor SET run_id = NULL WHERE run_id = ANY(:runs)"

_SETTLED_COMMANDS: Final = """
UPDATE outbound_command c SET state = :state, outcome_code = :code, outcome_message = :message, finished_at = :now
FROM dispatch d
WHERE d.id = ANY(:ids) AND d.kind = :kind AND c.id = CAST(d.payload->>'command' AS uuid)"""

_UNSENT_COMMANDS: Final = """
UPDATE outbound_command c SET state = 'PENDING', sent_at = NULL, attempts = 0 FROM dispatch d
WHERE d.id = ANY(:ids) AND d.kind = :kind AND c.id = CAST(d.payload->>'command' AS uuid)"""


async def retry_work(connection: AsyncConnection, ids: Sequence[int], principal: str, now: datetime) -> int:
    """Try stuck rows again, each line in its order; tells how many. Of several in one line the first goes ahead.

    A command that may have left already is looked for at its target first, as ever; a run that failed begins again.
    What is not stuck is left alone, and so is what it stands for: nobody would come for a run whose work is done.
    """
    stuck = await requeue(connection, ids, now)
    await connection.execute(text(_COMMANDS_AGAIN), {"ids": stuck, "kind": SEND})
    runs = list((await connection.execute(text(_RUNS_AGAIN), {"ids": stuck, "kind": RUN})).scalars())
    if runs:
        await connection.execute(text(_NOT_MIDWAY), {"runs": runs})
    await _note(connection, "retryWork", ids, principal, now, {"requeued": len(stuck)})
    return len(stuck)


async def settle_work(
    connection: AsyncConnection, ids: Sequence[int], verdict: WorkVerdict, reason: str, principal: str, now: datetime
) -> int:
    """End rows that are UNKNOWN or PARKED after a person looked, for a reason that names nobody; their lines move on.

    Conflict, and nothing is changed, when one of them does not wait for that any more.
    """
    if not 0 < len(reason.strip()) <= REASON_LENGTH_MAX:
        raise Invalid(f"a reason has 1 to {REASON_LENGTH_MAX} characters", ("reason",))
    binds: dict[str, object] = {"ids": list(ids), "kind": SEND}
    if verdict is WorkVerdict.SEND_AGAIN:
        await _all_unknown(connection, ids)
        await connection.execute(text(_UNSENT_COMMANDS), binds)
        settled = len(await requeue(connection, ids, now))
    else:
        done = verdict is WorkVerdict.DONE
        outcome = Done() if done else Dead(verdict.value, f"{principal} found that it was not done: {reason}")
        settled = await settle(connection, ids, outcome, now)
        await _end_settled_runs(connection, ids, verdict, reason, now)
        state, code = ("DONE", None) if done else ("DEAD", verdict.value)
        await connection.execute(
            text(_SETTLED_COMMANDS), {**binds, "state": state, "code": code, "message": reason, "now": now}
        )
    if settled != len(set(ids)):
        raise Conflict("not all of this work waits for a verdict any more; look again")
    await _note(connection, "settleWork", ids, principal, now, {"verdict": verdict.value, "reason": reason})
    return settled


async def _end_settled_runs(
    connection: AsyncConnection, ids: Sequence[int], verdict: WorkVerdict, reason: str, now: datetime
) -> None:
    """Nothing goes on with them, so their lanes must not wait for them: FAILED, whatever was done by other means."""
    runs = await connection.scalars(
        text("SELECT CAST(payload->>'run' AS uuid) FROM dispatch WHERE id = ANY(:ids) AND kind = :kind ORDER BY id"),
        {"ids": list(ids), "kind": RUN},
    )
    for run_id in runs.all():
        await end_run(connection, run_id, "FAILED", now, (verdict.value, reason))


async def _all_unknown(connection: AsyncConnection, ids: Sequence[int]) -> None:
    rows = await connection.scalar(
        text("SELECT count(*) FROM dispatch WHERE id = ANY(:ids) AND state IN ('UNKNOWN', 'PARKED')"),
        {"ids": list(ids)},
    )
    if rows != len(set(ids)):
        raise Conflict("not all of this work waits for a verdict any more; look again")


async def _note(
    connection: AsyncConnection,
    action: str,
    ids: Sequence[int],
    principal: str,
    now: datetime,
    detail: dict[str, object],
) -> None:
    which = str(ids[0]) if len(ids) == 1 else "*"
    await record_deed(connection, Deed(principal, action, WORK, which, detail={"ids": list(ids), **detail}), now)
