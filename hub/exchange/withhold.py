"""Withhold commands that a customer's consent does not cover: they end here, and are not counted as told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.effect import changes_json
from hub.ports.writing import FieldChange, Operation
from hub.records.identity import Entity
from hub.store.sets import run_set

NO_CONSENT: Final = "NO_CONSENT"
"""`outcome_code` of a CANCELLED command that was withheld."""

_WITHHOLD: Final = """
UPDATE outbound_command c SET outcome_code = :code, outcome_message = 'the customer does not allow it',
  state = CASE WHEN r.goes = '[]' THEN 'CANCELLED' ELSE c.state END,
  finished_at = CASE WHEN r.goes = '[]' THEN CAST(:now AS timestamptz) END,
  sent_at = CASE WHEN r.goes <> '[]' OR r.may_have_left THEN c.sent_at END,
  changes = CASE WHEN r.goes = '[]' THEN c.changes ELSE r.goes END
FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, goes jsonb, may_have_left boolean) WHERE c.id = r.id"""

_TOLD: Final = """
UPDATE target_image t SET told = coalesce(t.told, '{}') || r.told
FROM json_to_recordset(CAST(:rows AS json)) AS r(target text, external_id text, told jsonb)
WHERE t.target = r.target AND t.entity = 'customer' AND t.external_id = r.external_id"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A command that does not leave this time; `may_have_left`: an attempt before may have."""

    id: UUID
    target: str
    entity: str
    operation: Operation
    external_id: str | None
    changes: tuple[FieldChange, ...]
    may_have_left: bool = False

    @property
    def goes(self) -> tuple[FieldChange, ...]:
        """What goes whatever he allows: what takes away from what a system knows of a customer."""
        if self.operation is not Operation.UPDATE or self.entity != Entity.CUSTOMER.value:
            return ()
        return tuple(change for change in self.changes if change.new is None)


async def withhold(connection: AsyncConnection, waiting: Sequence[Waiting], now: datetime) -> None:
    """CANCELLED, but for what takes away."""
    rows = [
        {"id": one.id, "goes": changes_json(one.goes), "may_have_left": one.may_have_left}
        for one in waiting
        if one.goes != one.changes
    ]
    if rows:
        await run_set(connection, _WITHHOLD, rows, code=NO_CONSENT, now=now)


async def note_told_again(connection: AsyncConnection, leaving: Iterable[Waiting]) -> None:
    """The same of flows that ask for no consent any more, where something had been withdrawn: it counts again."""
    rows = _told_rows(leaving)
    if rows:
        await run_set(connection, f"{_TOLD} AND t.told IS NOT NULL", rows)


async def note_told(connection: AsyncConnection, leaving: Iterable[Waiting]) -> None:
    """Keep which values of customers' fields a system behind a gate has from the hub, so that they can be withdrawn."""
    rows = _told_rows(leaving)
    if rows:
        await run_set(connection, _TOLD, rows)


def _told_rows(leaving: Iterable[Waiting]) -> list[dict[str, object]]:
    return [
        {
            "target": one.target,
            "external_id": one.external_id,
            "told": {change.path[0]: change.new for change in one.changes if len(change.path) == 1},
        }
        for one in leaving
        if one.entity == Entity.CUSTOMER.value and one.operation is Operation.UPDATE
    ]
