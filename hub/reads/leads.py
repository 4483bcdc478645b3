"""Pages of leads over all customers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, Text, any_, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.leads.tables import LeadHandling, SalesLead
from hub.reads.belongings import LEADS, LeadRow
from hub.reads.conditions import Condition, Declared, Known, where
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


def _handled(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """Of leads about which the hub does something: as a set to be joined, which need not be tried lead by lead."""
    about = LeadHandling.lead_id == SalesLead.id
    return select(LeadHandling.lead_id).where(about, condition).correlate(SalesLead).exists()


def _whether(condition: ColumnElement[bool], yes: bool) -> ColumnElement[bool]:
    return _handled(condition) if yes else ~_handled(condition)


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
    "direction": Known(lambda direction: _handled(LeadHandling.direction == direction.value)),
    "campaign": Condition(Text(), lambda campaign: SalesLead.campaign == campaign),
    "responded": Known(lambda responded: _whether(LeadHandling.responded_at.is_not(None), responded)),
    "unreached": Known(lambda unreached: _whether(LeadHandling.unreached_since.is_not(None), unreached)),
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
