"""Want campaign and lead management to know of an answer (flow 11), under the hub's number of its lead."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.known_there import known_there
from hub.exchange.outward import outward_flows
from hub.exchange.want import Target, want_update
from hub.leads.lead import Lead
from hub.ports.writing import FieldChange
from hub.records.identity import Entity, ExternalId
from hub.records.leads import LeadOutcome, LeadResponseRecord


async def tell_response(
    connection: AsyncConnection,
    lead: Lead,
    channel: str,
    outcome: LeadOutcome,
    occurred_at: datetime,
    response: UUID,
    now: datetime,
) -> None:
    """To every system that a flow of answers leads to and that knows the customer, or is to know him; each once."""
    for flow in await outward_flows(connection, Entity.LEAD_RESPONSE):
        if lead.customer_id is None:
            return
        there = await known_there(connection, flow.target, lead.customer_id, now)
        if there is None:
            continue
        record = LeadResponseRecord(
            customer=there.customer,
            customer_key=there.customer_key,
            lead=await _lead_there(connection, lead, flow.target),
            number=lead.number if lead.own else None,
            membership=lead.source_id if lead.source_system == flow.target else None,
            campaign=lead.campaign,
            proposition=lead.proposition,
            channel=channel,
            outcome=outcome,
            occurred_at=occurred_at,
        )
        target = Target(flow.target, Entity.LEAD_RESPONSE, ExternalId(str(response)), lead.line)
        fields = record.model_dump(mode="json", exclude_none=True)
        changes = [FieldChange((name,), None, value) for name, value in fields.items()]
        await want_update(connection, target, changes, now)


async def _lead_there(connection: AsyncConnection, lead: Lead, system: str) -> str | None:
    if lead.system == system:
        return lead.external_id
    there: str | None = await connection.scalar(
        text("SELECT external_id FROM lead_counterpart WHERE lead_id = :lead AND system = :system"),
        {"lead": lead.id, "system": system},
    )
    return there
