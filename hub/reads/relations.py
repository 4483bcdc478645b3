"""What hangs on a row: rows found by a key of it, for one statement that reads a whole view."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, FromClause, Select, or_, select

from hub.customers.belongings import SalesOrderLine
from hub.customers.tables import CustomerProvenance
from hub.reads.belongings import OrderLineRow, lines_where
from hub.reads.customers import CustomerRow, standing_for
from hub.reads.paging import Window, within
from hub.reads.parts import Conditions, Part
from hub.reads.provenance import ProvenanceRow, provenance_where
from hub.reads.reach import EVERYONE, Reach
from hub.reads.reaching import ADDRESSES
from hub.reads.sources import SourceRow, sources_beside

AT_MOST: Final = 100
"""Lists that a person can hold in his head come whole; whatever is behind the hundredth is cut off."""

ALL_OF_THEM: Final = Window(AT_MOST)


@dataclass(frozen=True, eq=False)
class Relation:
    """`rows` of class `row` beside a parent's row, in their order; who may see the parent may see them."""

    row: type
    rows: Callable[[FromClause], Select[Any]]  # Any: the columns are those of the row class
    owner: str | None = None
    """The column with the customer whose row it is, where he may be another than the parent's: he is shown as well."""


@dataclass(frozen=True, eq=False)
class Guarded:
    """Rows that not everybody may see who may see the parent: `within` his reach."""

    row: type
    within: Callable[[Reach], Relation]


@dataclass(frozen=True, eq=False)
class Derived:
    """A single value made of a row, or counted beside it; None where it is not `nullable` makes the answer fail."""

    column: Callable[[FromClause], ColumnElement[Any]]
    nullable: bool = False


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


def part_named(part: Part[Any], key: str) -> Guarded:
    """The part whose id the parent has in `key`; no row where there is none."""

    def within_reach(reach: Reach) -> Relation:
        def rows(parent: FromClause) -> Select[Any]:
            return part.visible(reach, (part.column("id") == parent.c[key],)).correlate(parent)

        return Relation(part.row, rows, "customer_id")

    return Guarded(part.row, within_reach)


def customer_named(key: str) -> Guarded:
    """The customer for whom the id in the parent's `key` stands now."""

    def within_reach(reach: Reach) -> Relation:
        return Relation(CustomerRow, lambda parent: standing_for(parent.c[key], reach).correlate(parent), "id")

    return Guarded(CustomerRow, within_reach)


def address_then(at: ColumnElement[Any]) -> Relation:
    """The customer's address that is valid at a moment, the preferred one if there are several; as `address_at`."""
    first, last = ADDRESSES.column("valid_from"), ADDRESSES.column("valid_to")
    valid = all_of(ADDRESSES, (or_(first.is_(None), first <= at), or_(last.is_(None), at < last)))

    def rows(customer: FromClause) -> Select[Any]:
        return within(valid.rows(customer), ADDRESSES.order, ALL_OF_THEM).limit(1)

    return Relation(ADDRESSES.row, rows)


def _lines(order: FromClause) -> Select[Any]:
    return lines_where(SalesOrderLine.order_id == order.c["id"]).correlate(order)


def _provenance(customer: FromClause) -> Select[Any]:
    return provenance_where(CustomerProvenance.customer_id == customer.c["id"]).correlate(customer)


def _sources(customer: FromClause) -> Select[Any]:
    return sources_beside(select(customer.c["id"].label("key")).correlate(customer).subquery("asked"))


def _customer(lead: FromClause) -> Select[Any]:
    return standing_for(lead.c["customer_id"], EVERYONE).correlate(lead)


LINES_OF_ORDER: Final = Relation(OrderLineRow, _lines)
PROVENANCE_OF_CUSTOMER: Final = Relation(ProvenanceRow, _provenance)
SOURCES_OF_CUSTOMER: Final = Relation(SourceRow, _sources)
CUSTOMER_OF_LEAD: Final = Relation(CustomerRow, _customer)
"""At most one row; none while the lead's customer is not known."""
