"""Lists of leads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import strawberry

from hub.reads.belongings import LEADS, LeadRow
from hub.reads.conditions import values, where_later
from hub.reads.leads import CONDITIONS, LeadConditions, count_leads, list_leads
from hub.reads.paging import Order
from hub.reads.reach import Reach
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.reads import Arguments, Found, ReadTerms, Slot
from schema.types.connection import After, Before, Connection, First, Last, window_of
from schema.types.enums import Direction, LeadPriority, LeadRating, LeadState
from schema.types.sales_lead import SalesLead


@strawberry.input(description="What listed leads fulfil, all of it.")
class LeadFilter:
    """A field left out asks nothing."""

    states: list[LeadState] | None = strawberry.field(default=None, description="In one of these states.")
    rating: LeadRating | None = strawberry.field(default=None, description="With this rating.")
    priority: LeadPriority | None = strawberry.field(default=None, description="With this priority.")
    system: str | None = strawberry.field(default=None, description="Held by this system.")
    lead_owner: str | None = strawberry.field(default=None, description="Followed up by this person.")
    direction: Direction | None = strawberry.field(default=None, description="Opened by this side.")
    campaign: str | None = strawberry.field(default=None, description="Of this campaign.")
    responded: bool | None = strawberry.field(default=None, description="Whether the customer has answered.")
    unreached: bool | None = strawberry.field(default=None, description="Whether no channel reaches the customer.")

    def conditions(self) -> LeadConditions:
        """As the reads take them."""
        return LeadConditions(
            states=self.states,
            rating=self.rating,
            priority=self.priority,
            system=self.system,
            lead_owner=self.lead_owner,
            direction=self.direction,
            campaign=self.campaign,
            responded=self.responded,
            unreached=self.unreached,
        )


Filter = Annotated[LeadFilter | None, strawberry.argument(description="Which leads; all if left out.")]


class Listed:
    """How a page of leads is read by one statement."""

    def order(self, _: Arguments) -> Order:
        """Always the newest first."""
        return LEADS.order

    def find(self, arguments: Arguments, reach: Reach, slot: Slot) -> Found:
        """With the conditions that are given."""
        clauses = where_later(CONDITIONS, _conditions(arguments), slot)
        return Found(LeadRow, "customer_id", LEADS.visible(reach, tuple(clauses)))

    def values(self, arguments: Arguments, _: ReadTerms) -> Mapping[str, object]:
        """Those of the conditions."""
        return values(CONDITIONS, _conditions(arguments))


def _conditions(arguments: Arguments) -> LeadConditions:
    chosen: LeadFilter = arguments.get("filter") or LeadFilter()
    return chosen.conditions()


@strawberry.type
class LeadsQuery:
    """Mixed into Query."""

    @resolved("Leads over all customers, newest statement first.", Requires(Scope.LEADS_READ), reads=Listed())
    async def leads(
        self,
        info: Info,
        filter: Filter = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[SalesLead]:
        """Those of unknown customers included, for callers who may see everybody."""
        window = window_of(info, LEADS.order, first, after, last, before)
        conditions = _conditions({"filter": filter})
        async with info.context.reading() as connection:
            page = await list_leads(connection, conditions, window, info.context.reach)
        info.context.shows(info, [row.customer_id for row in page.rows if row.customer_id is not None])
        return Connection.of(page, LEADS.order, SalesLead.of, lambda: _count(info.context, conditions))


async def _count(context: Context, conditions: LeadConditions) -> int:
    async with context.reading() as connection:
        return await count_leads(connection, conditions, context.reach)
