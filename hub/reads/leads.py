"""Pages of leads over all customers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.offers.tables import SalesLead
from hub.reads.belongings import LEADS, LeadRow
from hub.reads.paging import Page, Window, page_of, windowed
from hub.reads.reach import Reach
from hub.reads.rows import fetch
from hub.records.enums import LeadPriority, LeadRating, LeadState


@dataclass(frozen=True, slots=True)
class LeadConditions:
    """What listed leads fulfil, all of it; None leaves a condition out."""

    states: Sequence[LeadState] | None = None
    rating: LeadRating | None = None
    priority: LeadPriority | None = None
    system: str | None = None
    lead_owner: str | None = None


async def list_leads(
    connection: AsyncConnection, conditions: LeadConditions, window: Window, reach: Reach
) -> Page[LeadRow]:
    """One window of the visible leads that fulfil the conditions, newest statement of their source first."""
    statement = windowed(LEADS.visible(reach, tuple(_where(conditions))), LEADS.order, window)
    return page_of(await fetch(connection, LeadRow, statement), window)


async def count_leads(connection: AsyncConnection, conditions: LeadConditions, reach: Reach) -> int:
    """How many visible leads fulfil the conditions; reads them all."""
    counted = select(func.count()).select_from(LEADS.visible(reach, tuple(_where(conditions))).subquery())
    return (await connection.execute(counted)).scalar_one()


def _where(conditions: LeadConditions) -> Iterator[ColumnElement[bool]]:
    if conditions.states is not None:
        yield SalesLead.state.in_([state.value for state in conditions.states])
    if conditions.rating is not None:
        yield SalesLead.rating == conditions.rating.value
    if conditions.priority is not None:
        yield SalesLead.priority == conditions.priority.value
    if conditions.system is not None:
        yield SalesLead.system == conditions.system
    if conditions.lead_owner is not None:
        yield SalesLead.lead_owner == conditions.lead_owner
