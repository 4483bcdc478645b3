"""Leads of the hub's own, opened without the API."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from hub.leads.open_lead import NewLead, OpenedLead, open_lead
from hub.leads.record_response import NewResponse, RecordedResponse, record_response
from hub.records.contact import Direction
from hub.records.leads import LeadOutcome
from hub.store.engine import Database
from tests.schema.company import NOW, uid

ANNA: Final = uid("Anna Bakker")
OFFER: Final = NewLead(ANNA, "Fibre at home", Direction.OUTBOUND, proposition="fibre-1000", campaign="Spring")


async def opened(database: Database, now: datetime = NOW, **given: Any) -> UUID:
    """The id of a lead, the offer to Anna unless said otherwise."""
    return (await opening(database, now, **given)).id


async def opening(database: Database, now: datetime = NOW, **given: Any) -> OpenedLead:
    """As `opened`, telling whether it was there."""
    async with database.transaction() as connection:
        return await open_lead(connection, replace(OFFER, **given), "somebody", now)


async def answered(
    database: Database, lead: UUID, outcome: LeadOutcome, now: datetime = NOW, **given: Any
) -> RecordedResponse:
    """An answer in the call centre, under a key of its own unless said otherwise."""
    new = NewResponse(
        lead,
        **{"key": f"{lead}/{outcome}/{now}", "channel": "call-centre", "occurred_at": now, **given},
        outcome=outcome,
    )
    async with database.transaction() as connection:
        return await record_response(connection, new, "somebody", now)


async def row_of(database: Database, lead: UUID) -> dict[str, Any]:
    """A lead with what the hub does about it."""
    async with database.reading() as connection:
        found = await connection.execute(
            text("SELECT * FROM sales_lead l LEFT JOIN lead_handling h ON h.lead_id = l.id WHERE l.id = :id"),
            {"id": lead},
        )
        return dict(found.one()._mapping)
