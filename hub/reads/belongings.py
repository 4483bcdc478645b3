"""Rows of what a customer has: orders with lines, requests, leads, memberships, holdings, consents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute, aliased

from hub.contacts.tables import BusinessRequest
from hub.customers.belongings import Consent, ProductHolding, SalesOrder, SalesOrderLine
from hub.customers.introduce import SELF
from hub.leads.tables import LeadHandling, SalesLead
from hub.offers.tables import CampaignMembership
from hub.reads.paging import Order
from hub.reads.parts import Conditions, Part
from hub.reads.rows import Shape, fetch
from hub.records.enums import RequestState
from hub.store.metadata import Table


@dataclass(frozen=True, slots=True)
class BelongingRow:
    """What every belonging has: who owns it, which system says so, and as of when."""

    id: UUID
    customer_id: UUID | None
    system: str
    external_id: str
    as_of: datetime
    observed_at: datetime


@dataclass(frozen=True, slots=True)
class OrderRow(BelongingRow):
    """An order without its lines."""

    number: str | None
    state: str
    ordered_on: date | None
    currency: str | None
    total: Decimal | None
    description: str | None


@dataclass(frozen=True, slots=True)
class OrderLineRow:
    """A line; `position` counts from 1 in the package's sequence."""

    order_id: UUID
    position: int
    product: str | None
    description: str | None
    quantity: Decimal | None
    unit_price: Decimal | None
    amount: Decimal | None


@dataclass(frozen=True, slots=True)
class RequestRow(BelongingRow):
    """A business request."""

    kind: str
    state: str
    running: bool
    number: str | None
    subject: str | None
    opened_at: datetime | None
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class LeadRow(BelongingRow):
    """A sales lead; `probability` is a percentage. What the hub does about it stands behind `lead_owner`."""

    number: str | None
    name: str | None
    state: str
    state_reason: str | None
    rating: str | None
    priority: str | None
    amount: Decimal | None
    currency: str | None
    probability: int | None
    started_on: date | None
    ended_on: date | None
    lead_owner: str | None
    direction: str | None
    channel: str | None
    campaign: str | None
    proposition: str | None
    opened_at: datetime | None
    responded_at: datetime | None
    unreached_since: datetime | None
    unreached_reason: str | None


@dataclass(frozen=True, slots=True)
class MembershipRow(BelongingRow):
    """A place in a campaign or list."""

    campaign: str
    state: str
    step: str | None
    joined_at: datetime | None


@dataclass(frozen=True, slots=True)
class HoldingRow(BelongingRow):
    """A product or contract."""

    product: str
    quantity: Decimal | None
    active_from: date | None
    active_to: date | None


@dataclass(frozen=True, slots=True)
class ConsentRow(BelongingRow):
    """Consent for a purpose, valid in [valid_from, valid_to)."""

    purpose: str
    channel: str | None
    status: str
    legal_basis: str
    evidence: str | None
    valid_from: datetime | None
    valid_to: datetime | None


BelongingT = TypeVar("BelongingT", bound=BelongingRow)

RUNNING_REQUESTS: Final = (
    RequestState.ACKNOWLEDGED,
    RequestState.PENDING,
    RequestState.IN_PROGRESS,
    RequestState.HELD,
    RequestState.ASSESSING_CANCELLATION,
    RequestState.PENDING_CANCELLATION,
)
"""States in which somebody still has to act (TMF622)."""


def _part(row: type[BelongingT], table: type[Table], **computed: ColumnElement[Any]) -> Part[BelongingT]:
    """Newest statement of the source first; what the source has deleted is kept in the store and not shown."""
    columns = table.__table__.c
    order = Order("NEWEST", (columns["as_of"], columns["id"]), descending=True)
    return Part(row, table, order, (columns["deleted"].is_(False),), computed=computed)


_running = BusinessRequest.state.in_([state.value for state in RUNNING_REQUESTS])
RUNNING: Final[Conditions] = (_running,)
FINISHED: Final[Conditions] = (~_running,)


def _of_handling(column: InstrumentedAttribute[Any]) -> ColumnElement[Any]:  # Any: a column of any type
    return select(column).where(LeadHandling.lead_id == SalesLead.id).correlate(SalesLead).scalar_subquery()


LEAD_DIRECTION: Final = _of_handling(LeadHandling.direction)
LEAD_RESPONDED_AT: Final = _of_handling(LeadHandling.responded_at)
LEAD_UNREACHED_SINCE: Final = _of_handling(LeadHandling.unreached_since)


def _lead_part() -> Part[LeadRow]:
    """A package's counterpart of a lead of the hub's is that lead, and is not shown beside it."""
    own = aliased(SalesLead, name="own")
    counterpart = exists().where(own.system == SELF, own.number == SalesLead.hub_number, ~own.deleted)
    part = _part(
        LeadRow,
        SalesLead,
        direction=LEAD_DIRECTION,
        channel=_of_handling(LeadHandling.channel),
        proposition=_of_handling(LeadHandling.proposition),
        opened_at=_of_handling(LeadHandling.opened_at),
        responded_at=LEAD_RESPONDED_AT,
        unreached_since=LEAD_UNREACHED_SINCE,
        unreached_reason=_of_handling(LeadHandling.unreached_reason),
    )
    return replace(part, living=(*part.living, ~counterpart))


ORDERS: Final = _part(OrderRow, SalesOrder)
_hubs = aliased(BusinessRequest, name="hubs")
_carries_out = exists().where(_hubs.system == SELF, _hubs.number == BusinessRequest.hub_number)
_requests = _part(RequestRow, BusinessRequest, running=_running)
REQUESTS: Final = replace(_requests, living=(*_requests.living, ~_carries_out))
"""A package's record of what it carries out for the hub is the hub's request, and is not shown beside it."""
LEADS: Final = _lead_part()
MEMBERSHIPS: Final = _part(MembershipRow, CampaignMembership)
HOLDINGS: Final = _part(HoldingRow, ProductHolding)
CONSENTS: Final = _part(ConsentRow, Consent)

LINES: Final = Shape(OrderLineRow, SalesOrderLine)


def lines_where(condition: ColumnElement[bool]) -> Select[Any]:
    """Lines in the package's sequence."""
    return select(*LINES.columns).where(condition).order_by(SalesOrderLine.position)


async def lines_of(connection: AsyncConnection, orders: Sequence[UUID]) -> Mapping[UUID, Sequence[OrderLineRow]]:
    """The lines of each order in sequence; the orders must have been read under the caller's reach."""
    lines: dict[UUID, list[OrderLineRow]] = {order: [] for order in orders}
    for line in await fetch(connection, OrderLineRow, lines_where(SalesOrderLine.order_id.in_(orders))):
        lines[line.order_id].append(line)
    return lines
