"""What stands beside leads: the answers to them, and how far the systems that are told of them are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import TIMESTAMP, Text, column, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.leads.tables import LeadResponse
from hub.reads.beside import Beside
from hub.reads.rows import Shape, fetch

RESPONSES_MAX: Final = 100


@dataclass(frozen=True, slots=True)
class ResponseRow:
    """One answer of the customer."""

    id: UUID
    lead_id: UUID
    channel: str
    outcome: str
    session_id: UUID | None
    occurred_at: datetime
    recorded_at: datetime
    recorded_by: str


@dataclass(frozen=True, slots=True)
class LeadReceiptRow:
    """What a system was last told of a lead, and how far that is; `external_id` is the lead's there."""

    system: str
    external_id: str | None
    state: str
    code: str | None
    message: str | None
    wanted_at: datetime
    finished_at: datetime | None


RESPONSES: Final = Shape(ResponseRow, LeadResponse)

_RECEIPTS: Final = """
       SELECT c.target AS system,
         coalesce(p.external_id, CASE WHEN l.system = c.target THEN l.external_id END) AS external_id,
         CASE WHEN coalesce(net.state, c.state) IN ('DONE', 'MERGED') THEN 'DONE'
              WHEN coalesce(net.state, c.state) IN ('REFUSED', 'DEAD', 'CANCELLED') THEN 'REFUSED'
              ELSE 'PENDING' END AS state,
         coalesce(net.outcome_code, c.outcome_code) AS code,
         coalesce(net.outcome_message, c.outcome_message) AS message, c.created_at AS wanted_at,
         coalesce(net.finished_at, c.finished_at) AS finished_at
       FROM sales_lead l
       CROSS JOIN LATERAL (
         SELECT DISTINCT ON (target) * FROM outbound_command o
         WHERE o.entity = 'sales_lead' AND o.external_id = l.external_id
           AND o.target = CASE WHEN l.system = 'hub' THEN o.target ELSE l.system END
         ORDER BY target, version DESC, from_version DESC) c
       LEFT JOIN outbound_command net ON net.id = c.carried_by
       LEFT JOIN lead_counterpart p ON p.lead_id = l.id AND p.system = c.target
       WHERE l.id = asked.key"""
_MOMENT: Final = TIMESTAMP(timezone=True)
RECEIPTS: Final = Beside(
    LeadReceiptRow,
    _RECEIPTS,
    (
        *(column(name, Text()) for name in ("system", "external_id", "state", "code", "message")),
        *(column(name, _MOMENT) for name in ("wanted_at", "finished_at")),
    ),
    ("system",),
)
RECEIPTS_OF_LEAD: Final = RECEIPTS.relation()


async def responses_of(connection: AsyncConnection, leads: Sequence[UUID]) -> Mapping[UUID, Sequence[ResponseRow]]:
    """The newest answers of each lead by their own time; the leads must have been read under the caller's reach."""
    found: dict[UUID, list[ResponseRow]] = {lead: [] for lead in leads}
    statement = select(*RESPONSES.columns).where(LeadResponse.lead_id.in_(leads))
    for row in await fetch(
        connection, ResponseRow, statement.order_by(LeadResponse.occurred_at.desc(), LeadResponse.id)
    ):
        if len(found[row.lead_id]) < RESPONSES_MAX:
            found[row.lead_id].append(row)
    return found


async def lead_receipts_of(
    connection: AsyncConnection, leads: Sequence[UUID]
) -> Mapping[UUID, Sequence[LeadReceiptRow]]:
    """By system; the leads must have been read under the caller's reach."""
    return await RECEIPTS.of_each(connection, leads)
