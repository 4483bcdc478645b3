"""The rows of outbound commands while they are being sent: taken, put back, settled."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.effect import read_changes
from hub.flows.consented import without_consent
from hub.flows.made_there import by_their_ids
from hub.ports.writing import Operation, Refused, Unanswered, WriteCommand, WriteOutcome, Written
from hub.records.identity import Entity, ExternalId
from hub.store.sets import run_set


@dataclass(frozen=True, slots=True)
class TakenCommand:
    """A command that is SENT from now on. `may_have_left`: an attempt before this one may have reached the target."""

    id: UUID
    target: str
    attempts: int
    may_have_left: bool
    command: WriteCommand

    @property
    def creates(self) -> bool:
        """True for a command that must never be sent a second time."""
        return self.command.operation is Operation.CREATE


ERASED: Final = "ERASED"
"""`outcome_code` of a CANCELLED command that has nothing to make any more: an erasure emptied it."""

_TAKE: Final = text(
    """
    WITH was AS (
      SELECT id, sent_at, operation = 'CREATE' AND changes = '[]' AND state IN ('PENDING', 'REFUSED', 'DEAD') AS empty
      FROM outbound_command
      WHERE id = ANY(:ids) AND state IN ('PENDING', 'SENT', 'UNKNOWN', 'REFUSED', 'DEAD')
      ORDER BY id FOR UPDATE)
    UPDATE outbound_command c SET state = CASE WHEN was.empty THEN 'CANCELLED' ELSE 'SENT' END,
      attempts = c.attempts + 1, sent_at = CASE WHEN was.empty THEN was.sent_at ELSE coalesce(was.sent_at, :now) END,
      outcome_code = CASE WHEN was.empty THEN :erased END, outcome_message = NULL,
      finished_at = CASE WHEN was.empty THEN CAST(:now AS timestamptz) END
    FROM was WHERE c.id = was.id
    RETURNING c.id, c.key, c.target, c.entity, c.operation, c.external_id, c.changes, c.attempts,
      was.sent_at IS NOT NULL AS may_have_left, c.line, was.empty,
      (SELECT f.consent FROM information_flow f WHERE f.name = c.flow) AS consent
    """
)

_PUT_BACK: Final = """
UPDATE outbound_command c SET state = CASE WHEN r.left THEN 'UNKNOWN' ELSE 'PENDING' END,
  sent_at = CASE WHEN r.left THEN c.sent_at END
FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, "left" boolean)
WHERE c.id = r.id AND c.state = 'SENT'
"""

_SETTLE: Final = """
UPDATE outbound_command c SET state = r.state, outcome_code = r.code, outcome_message = r.message,
  external_id = coalesce(c.external_id, r.external_id),
  finished_at = CASE WHEN r.state IN ('DONE', 'REFUSED', 'DEAD') THEN CAST(:now AS timestamptz) END
FROM json_to_recordset(CAST(:rows AS json))
  AS r(id uuid, state text, code text, message text, external_id text)
WHERE c.id = r.id AND c.state <> 'DONE'
"""

_GIVE_UP: Final = text("""
UPDATE outbound_command SET state = CASE WHEN sent_at IS NULL THEN 'DEAD' ELSE 'UNKNOWN' END, outcome_code = :code,
  outcome_message = :message, finished_at = CASE WHEN sent_at IS NULL THEN CAST(:now AS timestamptz) END
WHERE id = :id AND state IN ('PENDING', 'SENT', 'UNKNOWN')""")


async def take(connection: AsyncConnection, ids: Sequence[UUID], now: datetime) -> list[TakenCommand]:
    """Those of `ids` that are still to be sent, in that order; marked SENT before they leave.

    A refused or dead one is taken again too: only a person who wants it tried once more calls for it. What its customer
    does not allow, where the flow asks for that, ends here, and so does what was to make somebody who was erased since.
    """
    found = await connection.execute(_TAKE, {"ids": list(ids), "now": now, "erased": ERASED})
    rows = {row.id: row for row in found if not row.empty}
    withheld = await without_consent(connection, list(rows.values()), now)
    changes = {row.id: withheld.get(row.id) or read_changes(row.changes) for row in rows.values()}
    leaving = [i for i in ids if i in rows and (i not in withheld or withheld[i])]
    taken = [
        TakenCommand(
            id=row.id,
            target=row.target,
            attempts=row.attempts,
            may_have_left=row.may_have_left,
            command=WriteCommand(
                key=row.key,
                entity=Entity(row.entity),
                operation=Operation(row.operation),
                external_id=None if row.external_id is None else ExternalId(row.external_id),
                changes=changes[row.id],
            ),
        )
        for row in (rows[command_id] for command_id in leaving)
    ]
    commands = await by_their_ids(connection, [one.command for one in taken])
    return [replace(one, command=command) for one, command in zip(taken, commands, strict=True)]


async def put_back(connection: AsyncConnection, taken: Sequence[TakenCommand]) -> None:
    """Nothing happened this time: as they were before they were taken."""
    await run_set(connection, _PUT_BACK, [{"id": one.id, "left": one.may_have_left} for one in taken])


async def settle(
    connection: AsyncConnection, outcomes: Sequence[tuple[TakenCommand, WriteOutcome]], now: datetime
) -> None:
    """DONE, REFUSED with the reason, or UNKNOWN; a created object's id is kept.

    DONE stays DONE: a process that was given up for dead may tell later than its successor, and less.
    """
    await run_set(connection, _SETTLE, [_row(taken, outcome) for taken, outcome in outcomes], now=now)


async def give_up(connection: AsyncConnection, command_id: UUID, code: str, message: str, now: datetime) -> None:
    """DEAD with the reason: every retry was used, or the target cannot do it. UNKNOWN if it may have left all the same.

    One that has an end already keeps it.
    """
    binds = {"id": command_id, "code": code, "message": message, "now": now}
    await connection.execute(_GIVE_UP, binds)


def _row(taken: TakenCommand, outcome: WriteOutcome) -> dict[str, object]:
    match outcome:
        case Written(external_id=external_id):
            return {"id": taken.id, "state": "DONE", "external_id": external_id}
        case Refused(code=code, message=message):
            return {"id": taken.id, "state": "REFUSED", "code": code, "message": message}
        case Unanswered(message=message):
            return {"id": taken.id, "state": "UNKNOWN", "code": "UNANSWERED", "message": message}
