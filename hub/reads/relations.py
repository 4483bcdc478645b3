"""What hangs on a row: rows found by a key of it, for one statement that reads a whole view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import FromClause, Select, select

from hub.customers.belongings import SalesOrderLine
from hub.customers.tables import CustomerProvenance
from hub.reads.belongings import LEADS, LeadRow, OrderLineRow, lines_where
from hub.reads.customers import CustomerRow, standing_for
from hub.reads.paging import Window, within
from hub.reads.parts import Conditions, Part
from hub.reads.provenance import ProvenanceRow, provenance_where
from hub.reads.reach import EVERYONE
from hub.reads.sources import SourceRow, sources_beside

AT_MOST: Final = 100
"""Lists that a person can hold in his head come whole; whatever is behind the hundredth is cut off."""

ALL_OF_THEM: Final = Window(AT_MOST)


@dataclass(frozen=True, eq=False)
class Relation:
    """`rows` of class `row` beside a parent's row, in their order; who may see the parent may see them."""

    row: type
    rows: Callable[[FromClause], Select[Any]]  # Any: the columns are those of the row class


def all_of(part: Part[Any], conditions: Conditions = ()) -> Relation:
    """A customer's own parts without a bound and without an order, to be cut into pages."""

    def rows(customer: FromClause) -> Select[Any]:
        own = part.column("customer_id") == customer.c["id"]
        return part.visible(EVERYONE, (own, *conditions)).correlate(customer)

    return Relation(part.row, rows)


def whole(part: Part[Any]) -> Relation:
    """A customer's own parts in their order, AT_MOST of them."""
    own = all_of(part)
    return Relation(part.row, lambda customer: within(own.rows(customer), part.order, ALL_OF_THEM).limit(AT_MOST))


def _lines(order: FromClause) -> Select[Any]:
    return lines_where(SalesOrderLine.order_id == order.c["id"]).correlate(order)


def _provenance(customer: FromClause) -> Select[Any]:
    return provenance_where(CustomerProvenance.customer_id == customer.c["id"]).correlate(customer)


def _sources(customer: FromClause) -> Select[Any]:
    return sources_beside(select(customer.c["id"].label("key")).correlate(customer).subquery("asked"))


def _customer(lead: FromClause) -> Select[Any]:
    return standing_for(lead.c["customer_id"], EVERYONE).correlate(lead)


def _lead(entry: FromClause) -> Select[Any]:
    return LEADS.visible(EVERYONE, (LEADS.column("id") == entry.c["lead_id"],)).correlate(entry)


LINES_OF_ORDER: Final = Relation(OrderLineRow, _lines)
PROVENANCE_OF_CUSTOMER: Final = Relation(ProvenanceRow, _provenance)
SOURCES_OF_CUSTOMER: Final = Relation(SourceRow, _sources)
CUSTOMER_OF_LEAD: Final = Relation(CustomerRow, _customer)
"""At most one row; none while the lead's customer is not known."""
LEAD_OF_ENTRY: Final = Relation(LeadRow, _lead)
"""At most one row; none for an entry that is about no lead."""
