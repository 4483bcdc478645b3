"""Lists of customers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Annotated

import strawberry

from hub.customers.normalise import normalise_email, normalise_phone
from hub.reads.conditions import TEXT_MAX, values, where_later
from hub.reads.customer_list import CONDITIONS, CustomerConditions, count_customers, list_customers, matching
from hub.reads.customers import CustomerRow
from hub.reads.paging import Order
from hub.reads.reach import Reach
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.reads import Arguments, Found, ReadTerms, Slot
from schema.types.connection import After, Before, Connection, First, Last, window_of
from schema.types.customer import Customer
from schema.types.enums import CustomerOrder, PartyKind


@strawberry.input(description="What listed customers fulfil, all of it.")
class CustomerFilter:
    """A field left out asks nothing."""

    name_starts_with: str | None = strawberry.field(default=None, description="Beginning of the name, in any case.")
    kind: PartyKind | None = strawberry.field(default=None, description="Persons or organisations only.")
    status: str | None = strawberry.field(default=None, description="Exactly this standing.")
    system: str | None = strawberry.field(default=None, description="Known in this system.")
    email: str | None = strawberry.field(default=None, description="Reached by this address, in any spelling.")
    phone: str | None = strawberry.field(default=None, description="Reached by this number, in any spelling.")
    changed_since: datetime | None = strawberry.field(default=None, description="Changed at or after this time.")
    deleted: bool | None = strawberry.field(default=False, description="Deleted ones only; null for both.")

    def conditions(self, region: str) -> CustomerConditions:
        """As the reads take them; an address or number that is none matches nobody."""
        return CustomerConditions(
            name_starts_with=self.name_starts_with,
            kind=self.kind,
            status=self.status,
            system=self.system,
            email=_normalised(self.email, normalise_email),
            phone=_normalised(self.phone, lambda text: normalise_phone(text, region)),
            changed_since=self.changed_since,
            deleted=self.deleted,
        )


def _normalised(text: str | None, normalise: Callable[[str], str | None]) -> str | None:
    """One that is too long as it is: it is refused with all others."""
    if text is None or len(text) > TEXT_MAX:
        return text
    return normalise(text) or ""


Filter = Annotated[CustomerFilter | None, strawberry.argument(description="Which customers; living ones if left out.")]
OrderBy = Annotated[CustomerOrder, strawberry.argument(description="By name, or the newest change first.")]


class Listed:
    """How a page of customers is read by one statement."""

    def order(self, arguments: Arguments) -> Order:
        """As asked for."""
        order: Order = arguments.get("order_by", CustomerOrder.NAME).value
        return order

    def find(self, arguments: Arguments, reach: Reach, slot: Slot) -> Found:
        """With the conditions that are given; the region is of no account for which those are."""
        clauses = where_later(CONDITIONS, _conditions(arguments, ""), slot)
        return Found(CustomerRow, "id", matching(clauses, reach))

    def values(self, arguments: Arguments, terms: ReadTerms) -> Mapping[str, object]:
        """Those of the conditions."""
        return values(CONDITIONS, _conditions(arguments, terms.region))


def _conditions(arguments: Arguments, region: str) -> CustomerConditions:
    chosen: CustomerFilter = arguments.get("filter") or CustomerFilter()
    return chosen.conditions(region)


@strawberry.type
class CustomersQuery:
    """Mixed into Query."""

    @resolved("Customers, a page at a time.", Requires(Scope.CUSTOMERS_READ), reads=Listed())
    async def customers(
        self,
        info: Info,
        filter: Filter = None,
        order_by: OrderBy = CustomerOrder.NAME,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Customer]:
        """Keyset pages: deep ones cost what the first one does."""
        window = window_of(info, order_by.value, first, after, last, before)
        conditions = _conditions({"filter": filter}, info.context.hub.rules.region)
        async with info.context.reading() as connection:
            page = await list_customers(connection, conditions, order_by.value, window, info.context.reach)
        shown = partial(Customer.shown, info)
        return Connection.of(page, order_by.value, shown, lambda: _count(info.context, conditions))


async def _count(context: Context, conditions: CustomerConditions) -> int:
    async with context.reading() as connection:
        return await count_customers(connection, conditions, context.reach)
