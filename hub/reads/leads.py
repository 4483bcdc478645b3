"""Pages of leads over all customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Boolean, Text, any_, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.leads.tables import SalesLead
from hub.reads.belongings import LEAD_CAMPAIGN, LEAD_DIRECTION, LEAD_RESPONDED_AT, LEAD_UNREACHED_SINCE, LEADS, LeadRow
from hub.reads.conditions import Condition, Declared, where
from hub.reads.paging import Page, Window, page_of, windowed
from hub.reads.reach import Reach
from hub.reads.rows import fetch
from hub.records.contact import Direction
from hub.records.enums import LeadPriority, LeadRating, LeadState


@dataclass(frozen=True, slots=True)
class LeadConditions:
    """What listed leads fulfil, all of it; None leaves a condition out."""

    states: Sequence[LeadState] | None = None
    rating: LeadRating | None = None
    priority: LeadPriority | None = None
    system: str | None = None
    lead_owner: str | None = None
    direction: Direction | None = None
    campaign: str | None = None
    responded: bool | None = None
    unreached: bool | None = None


CONDITIONS: Final[Declared] = {
    "states": Condition(
        ARRAY(Text()),
        lambda states: SalesLead.state == any_(states),
        lambda states: [state.value for state in states],
    ),
    "rating": Condition(Text(), lambda rating: SalesLead.rating == rating, lambda rating: rating.value),
    "priority": Condition(Text(), lambda priority: SalesLead.priority == priority, lambda priority: priority.value),
    "system": Condition(Text(), lambda system: SalesLead.system == system),
    "lead_owner": Condition(Text(), lambda owner: SalesLead.lead_owner == owner),
    "direction": Condition(Text(), lambda direction: direction == LEAD_DIRECTION, lambda direction: direction.value),
    "campaign": Condition(Text(), lambda campaign: campaign == LEAD_CAMPAIGN),
    "responded": Condition(Boolean(), lambda responded: LEAD_RESPONDED_AT.is_not(None) == responded),
    "unreached": Condition(Boolean(), lambda unreached: LEAD_UNREACHED_SINCE.is_not(None) == unreached),
}


async def list_leads(
    connection: AsyncConnection, conditions: LeadConditions, window: Window, reach: Reach
) -> Page[LeadRow]:
    """One window of the visible leads that fulfil the conditions, newest statement of their source first."""
    statement = windowed(LEADS.visible(reach, tuple(where(CONDITIONS, conditions))), LEADS.order, window)
    return page_of(await fetch(connection, LeadRow, statement), window)


async def count_leads(connection: AsyncConnection, conditions: LeadConditions, reach: Reach) -> int:
    """How many visible leads fulfil the conditions; reads them all."""
    matching = LEADS.visible(reach, tuple(where(CONDITIONS, conditions)))
    return (await connection.execute(select(func.count()).select_from(matching.subquery()))).scalar_one()
