"""Work a lead: take it, rate it, move it along, convert it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import Conflict, Invalid
from hub.leads.lead import Lead, change_lead, hold_lead, move_lead
from hub.records.enums import LeadState
from hub.records.source import JsonValue

REASON_MAX = 500


async def update_lead(
    connection: AsyncConnection, lead_id: UUID, changes: Mapping[str, JsonValue], now: datetime
) -> UUID:
    """Other rating, priority or lead_owner; the id is that of the hub's own where a counterpart was named."""
    if not changes:
        raise Invalid("give a rating, a priority or an owner", ("rating",))
    owner = changes.get("lead_owner")
    if isinstance(owner, str) and not 0 < len(owner.strip()) <= 200:
        raise Invalid("an owner has 1 to 200 characters", ("leadOwner",))
    lead = await hold_lead(connection, lead_id)
    return (await change_lead(connection, lead, changes, now)).id


async def advance_lead(
    connection: AsyncConnection, lead_id: UUID, to: LeadState, reason: str | None, now: datetime
) -> UUID:
    """Into another state. Conflict where the table forbids it."""
    return (await move_lead(connection, await _held(connection, lead_id, reason), to, reason, now)).id


async def convert_lead(connection: AsyncConnection, lead_id: UUID, reason: str | None, now: datetime) -> UUID:
    """Make an opportunity of it at its lead management. Conflict for a lead whose customer nobody knows."""
    lead = await _held(connection, lead_id, reason)
    if lead.customer_id is None:
        raise Conflict("nobody knows whose lead this is: an opportunity belongs to a customer")
    return (await move_lead(connection, lead, LeadState.PENDING, reason, now)).id


async def _held(connection: AsyncConnection, lead_id: UUID, reason: str | None) -> Lead:
    if reason is not None and not 0 < len(reason.strip()) <= REASON_MAX:
        raise Invalid(f"a reason has 1 to {REASON_MAX} characters", ("reason",))
    return await hold_lead(connection, lead_id)
