"""Follow lead management: what it changed about its counterpart of a lead of the hub's is how that lead stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.telling import announce
from hub.customers.introduce import SELF
from hub.leads.lead import TOPIC, Lead, hold_lead, set_state, write_lead
from hub.leads.states import LEAD_STATES
from hub.records.belongings import SalesLeadRecord
from hub.records.enums import LeadState
from hub.records.source import JsonValue

_COLUMN_OF: Final[Mapping[str, str]] = {
    "name": "name",
    "rating": "rating",
    "priority": "priority",
    "amount": "amount",
    "currency": "currency",
    "probability": "probability",
    "started_on": "started_on",
    "ended_on": "ended_on",
    "owner": "lead_owner",
}
"""Fields of a record that a lead of the hub's takes over, with their columns; the state goes its own way."""


async def follow_counterparts(
    connection: AsyncConnection, system: str, reported: Sequence[tuple[str, SalesLeadRecord]], now: datetime
) -> Sequence[UUID]:
    """Take over what differs from what this system told last, given as (its id, record); others are left alone.

    Three-way: what the hub changed since, and what is still on its way there, stays until the system says otherwise
    about that very field. Its word needs no allowed transition, since it tells what has happened. Answers the leads
    that it ended.
    """
    records = {record.hub_number: (i, record) for i, record in reported if record.hub_number is not None}
    if not records:
        return []
    ended: list[UUID] = []
    mine = await connection.execute(
        text(
            """SELECT l.*, c.told FROM sales_lead l
               LEFT JOIN lead_counterpart c ON c.lead_id = l.id AND c.system = :system
               WHERE l.system = :self AND l.number = ANY(:numbers) AND NOT l.deleted ORDER BY l.id"""
        ),
        {"numbers": list(records), "system": system, "self": SELF},
    )
    for row in mine.all():
        external_id, record = records[row.number]
        lead = await hold_lead(connection, row.id)
        held = {name for name, column in _COLUMN_OF.items() if getattr(row, column) is not None}
        news = _news(record, row.told, held)
        await _follow(connection, system, lead, record, news, now)
        await _remember(connection, system, lead.id, external_id, record, now)
        if "state" in news and LEAD_STATES.ended(record.state):
            ended.append(lead.id)
    return ended


def _news(record: SalesLeadRecord, told: Mapping[str, JsonValue] | None, held: Collection[str]) -> set[str]:
    """The fields that the system changed since it told last; on its first word those that the hub has no value for."""
    says = _told(record)
    if told is not None:
        return {name for name, value in says.items() if value != told.get(name)}
    blank = {name for name, value in says.items() if value is not None and name not in held}
    return blank if says["state"] != LeadState.ACKNOWLEDGED.value else blank - {"state"}


async def _follow(
    connection: AsyncConnection, system: str, lead: Lead, record: SalesLeadRecord, news: Collection[str], now: datetime
) -> None:
    columns: dict[str, object] = {column: getattr(record, name) for name, column in _COLUMN_OF.items() if name in news}
    if columns:
        await write_lead(connection, lead, columns, now)
        await announce(connection, TOPIC, lead.id, "AttributeValueChangeEvent", now)
    if "state" in news and record.state is not lead.state:
        reason = record.state_reason or f"as {system} reports"
        await set_state(connection, lead, record.state, reason, now)


def _told(record: SalesLeadRecord) -> dict[str, JsonValue]:
    """Every field that is followed, amounts without the zeros that one reading has and another has not."""
    fields: dict[str, JsonValue] = record.model_dump(mode="json", include={*_COLUMN_OF, "state"})
    return {**fields, "amount": None if record.amount is None else _plain(record.amount)}


def _plain(amount: Decimal) -> str:
    return f"{amount.normalize():f}"


async def _remember(
    connection: AsyncConnection, system: str, lead: UUID, external_id: str, record: SalesLeadRecord, now: datetime
) -> None:
    await connection.execute(
        text(
            """INSERT INTO lead_counterpart (lead_id, system, external_id, told, told_at)
               VALUES (:lead, :system, :id, CAST(:told AS jsonb), :now)
               ON CONFLICT (lead_id, system) DO UPDATE SET external_id = excluded.external_id, told = excluded.told,
                 told_at = excluded.told_at"""
        ),
        {"lead": lead, "system": system, "id": external_id, "told": orjson.dumps(_told(record)).decode(), "now": now},
    )


async def follow_removal(
    connection: AsyncConnection, system: str, external_ids: Sequence[str], now: datetime
) -> Sequence[UUID]:
    """Leads whose counterpart this system deleted are CANCELLED, unless they have ended; those that now did."""
    cancelled: list[UUID] = []
    rows = await connection.execute(
        text(
            "SELECT lead_id FROM lead_counterpart WHERE system = :system AND external_id = ANY(:ids) ORDER BY lead_id"
        ),
        {"system": system, "ids": list(external_ids)},
    )
    for lead_id in rows.scalars().all():
        lead = await hold_lead(connection, lead_id)
        if not LEAD_STATES.ended(lead.state):
            await set_state(connection, lead, LeadState.CANCELLED, f"{system} deleted it", now)
            cancelled.append(lead.id)
    return cancelled


async def follow_refusal(connection: AsyncConnection, system: str, external_id: str, now: datetime) -> None:
    """This system refused a change of the hub's own lead: its state is again as the system told it last.

    Nothing happens where the system never told anything: then the lead is only the hub's, and the refusal is stuck
    work for a person.
    """
    row = (
        await connection.execute(
            text(
                """SELECT l.id, c.told ->> 'state' AS state FROM sales_lead l
                   JOIN lead_counterpart c ON c.lead_id = l.id AND c.system = :system
                   WHERE l.system = :self AND l.number = :number AND NOT l.deleted"""
            ),
            {"self": SELF, "system": system, "number": external_id},
        )
    ).one_or_none()
    if row is None:
        return
    lead = await hold_lead(connection, row.id)
    told = LeadState(row.state)
    if lead.state is not told:
        await set_state(connection, lead, told, f"{system} refused {lead.state.value}", now)
