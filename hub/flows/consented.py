"""Let commands of flows that serve a purpose leave only for customers who allow it, judged as they leave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.consent_gate import Gate
from hub.customers.consent_read import consents_of
from hub.exchange.effect import read_changes
from hub.exchange.withhold import Waiting, note_told, note_told_again, withhold
from hub.ports.writing import FieldChange, Operation
from hub.records.identity import Entity
from hub.store.sets import run_set

_CUSTOMERS: Final = """
SELECT r.id, coalesce(a.current_id, CAST(r.customer AS uuid)) AS customer_id, EXISTS (
    SELECT FROM outbound_command b WHERE b.target = c.target AND b.entity = c.entity
      AND b.external_id = c.external_id AND b.id <> c.id AND b.sent_at IS NOT NULL
      AND b.state IN ('DONE', 'SENT', 'UNKNOWN')) AS told
FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, customer text)
JOIN outbound_command c ON c.id = r.id
LEFT JOIN customer_alias a ON a.alias_id = CAST(r.customer AS uuid)"""


async def without_consent(
    connection: AsyncConnection, taken: Sequence[Row[Any]], now: datetime
) -> Mapping[UUID, tuple[FieldChange, ...]]:
    """Of rows just taken, with the columns of outbound_command and their flow's `consent`: those that
    are withheld, with the changes that go nevertheless, which may be none.

    A contact, request or lead of which the system was told goes on being told: it is to see how it ends.
    """
    await note_told_again(connection, [_waiting(row) for row in taken if row.consent is None])
    gated = [row for row in taken if row.consent is not None and row.operation != Operation.DELETE]
    if not gated:
        return {}
    asked = [{"id": row.id, "customer": customer} for row in gated if (customer := _customer_of(row.line)) is not None]
    found = {row.id: row for row in await run_set(connection, _CUSTOMERS, asked)}
    consents = await consents_of(connection, sorted({row.customer_id for row in found.values()}))
    waiting: list[Waiting] = []
    leaving: list[Waiting] = []
    for row in gated:
        whose = found.get(row.id)
        goes_on = whose is not None and whose.told and row.entity != Entity.CUSTOMER
        allowed = whose is not None and Gate.of(row.consent).opens(consents[whose.customer_id], now)
        (leaving if goes_on or allowed else waiting).append(_waiting(row))
    await withhold(connection, waiting, now)
    await note_told(connection, [*leaving, *(replace(one, changes=one.goes) for one in waiting if one.goes)])
    return {one.id: one.goes for one in waiting}


def _customer_of(line: str) -> str | None:
    """The customer in whose line a command leaves; None in any other: of somebody unknown nobody knows a consent."""
    try:
        return str(UUID(line.partition("/")[2]))
    except ValueError:
        return None


def _waiting(row: Row[Any]) -> Waiting:
    changes = read_changes(row.changes)
    operation, left = Operation(row.operation), row.may_have_left
    return Waiting(row.id, row.target, row.entity, operation, row.external_id, changes, left)
