"""Where sources differ, over all customers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import strawberry

from hub.reads.conditions import values, where_later
from hub.reads.conflicts import (
    CONDITIONS,
    CONFLICTS,
    ConflictConditions,
    ConflictRow,
    count_conflicts,
    list_conflicts,
)
from hub.reads.paging import Order
from hub.reads.reach import Reach
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.reads import Arguments, Found, ReadTerms, Slot
from schema.types.connection import After, Before, Connection, First, Last, window_of
from schema.types.customer_conflict import CustomerConflict
from schema.types.enums import ConflictState
from schema.types.steward import in_column


@strawberry.input(description="What listed conflicts fulfil, all of it.")
class ConflictFilter:
    """A field left out asks nothing."""

    states: list[ConflictState] | None = strawberry.field(default=None, description="In one of these states.")
    field: str | None = strawberry.field(default=None, description="Of this field of Customer, such as name.")
    contested: bool | None = strawberry.field(
        default=None, description="True: more than one source left the value that they last agreed on."
    )

    def conditions(self) -> ConflictConditions:
        """As the reads take them."""
        return ConflictConditions(self.states, None if self.field is None else in_column(self.field), self.contested)


class ListedConflicts:
    """How a page of conflicts is read by one statement."""

    def order(self, _: Arguments) -> Order:
        """Always what was opened last."""
        return CONFLICTS.order

    def find(self, arguments: Arguments, reach: Reach, slot: Slot) -> Found:
        """With the conditions that are given."""
        clauses = where_later(CONDITIONS, _wanted(arguments), slot)
        return Found(ConflictRow, "customer_id", CONFLICTS.visible(reach, tuple(clauses)))

    def values(self, arguments: Arguments, _: ReadTerms) -> Mapping[str, object]:
        """Those of the conditions."""
        return values(CONDITIONS, _wanted(arguments))


def _wanted(arguments: Arguments) -> ConflictConditions:
    return (arguments.get("filter") or ConflictFilter()).conditions()


Filter = Annotated[ConflictFilter | None, strawberry.argument(description="Which ones; all if left out.")]


@strawberry.type
class ConflictsQuery:
    """Mixed into Query."""

    @resolved(
        "Fields in which sources differ or differed, the last that began first. `resolveConflict` decides one.",
        Requires(Scope.CUSTOMERS_STEWARD),
        reads=ListedConflicts(),
    )
    async def conflicts(
        self,
        info: Info,
        filter: Filter = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[CustomerConflict]:
        """Each shows values of its customer, which goes into the audit trail."""
        window = window_of(info, CONFLICTS.order, first, after, last, before)
        conditions = (filter or ConflictFilter()).conditions()
        async with info.context.reading() as connection:
            page = await list_conflicts(connection, conditions, window, info.context.reach)
        info.context.shows(info, [row.customer_id for row in page.rows])
        return Connection.of(page, CONFLICTS.order, CustomerConflict.of, lambda: _count(info.context, conditions))


async def _count(context: Context, conditions: ConflictConditions) -> int:
    async with context.reading() as connection:
        return await count_conflicts(connection, conditions, context.reach)
