"""The audit trail: one row for each deed, in its transaction, and for each read of a customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.sets import run_set

_INSERT = """
INSERT INTO audit_event (at, principal, action, object_type, object_id, outcome, request_id, detail)
SELECT r.at, r.principal, r.action, r.object_type, r.object_id, r.outcome, r.request_id, r.detail
FROM json_to_recordset(CAST(:rows AS json)) AS r(at timestamptz, principal text, action text, object_type text,
  object_id text, outcome text, request_id text, detail jsonb)
"""


_INSERT_EACH = """
INSERT INTO audit_event (at, principal, action, object_type, object_id, outcome, request_id, detail)
SELECT r.at, r.principal, r.action, r.object_type, o.object_id, r.outcome, r.request_id, r.detail
FROM json_to_recordset(CAST(:rows AS json)) AS r(at timestamptz, principal text, action text, object_type text,
  object_ids text[], outcome text, request_id text, detail jsonb)
CROSS JOIN LATERAL unnest(r.object_ids) AS o(object_id)
"""


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody did; `detail` holds names of fields and ids, never values of personal data."""

    principal: str
    action: str
    object_type: str
    object_id: str
    outcome: str = "DONE"
    request_id: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Deeds:
    """The same deed on many objects."""

    principal: str
    action: str
    object_type: str
    object_ids: Sequence[str]
    outcome: str = "DONE"
    request_id: str | None = None
    detail: Mapping[str, object] = field(default_factory=dict)


async def record_deed(connection: AsyncConnection, deed: Deed, at: datetime) -> None:
    """Append the deed; it stands or falls with the transaction it belongs to."""
    await record_deeds(connection, [(deed, at)])


async def record_deeds(connection: AsyncConnection, deeds: Sequence[tuple[Deed, datetime]]) -> None:
    """Append deeds, each with its time, in one statement."""
    if not deeds:
        return
    rows = [
        {
            "at": at,
            "principal": deed.principal,
            "action": deed.action,
            "object_type": deed.object_type,
            "object_id": deed.object_id,
            "outcome": deed.outcome,
            "request_id": deed.request_id,
            "detail": deed.detail,
        }
        for deed, at in deeds
    ]
    await run_set(connection, _INSERT, rows)


async def record_reads(connection: AsyncConnection, reads: Sequence[tuple[Deeds, datetime]]) -> None:
    """Append a row for each object of each, in one statement: what a page shows is told to PostgreSQL once."""
    if reads:
        rows = [
            {
                "at": at,
                "principal": deeds.principal,
                "action": deeds.action,
                "object_type": deeds.object_type,
                "object_ids": deeds.object_ids,
                "outcome": deeds.outcome,
                "request_id": deeds.request_id,
                "detail": deeds.detail,
            }
            for deeds, at in reads
        ]
        await run_set(connection, _INSERT_EACH, rows)
