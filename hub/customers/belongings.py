"""Tables of what a customer has or agreed to; rows are one to one with source records and found by their owner."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from hub.store.metadata import Table


class Belonging:
    """Columns of every belonging: `id` is derived from (system, entity, external id), so a replay finds its row.

    `customer_id` follows the crosswalk and is NULL while the owner is unknown. `deleted` marks, nothing is removed.
    """

    id: Mapped[UUID] = mapped_column(primary_key=True)
    system: Mapped[str]
    external_id: Mapped[str]
    owner: Mapped[str | None]
    customer_id: Mapped[UUID | None]
    deleted: Mapped[bool]
    as_of: Mapped[datetime]
    observed_at: Mapped[datetime]
    version: Mapped[int]

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Index, ...]:
        name = getattr(cls, "__tablename__")  # noqa: B009  the mixin itself has none
        return (
            Index(f"ix_{name}_customer", "customer_id", "as_of", "id"),
            Index(f"ix_{name}_owner", "system", "owner"),
        )


class SalesOrder(Belonging, Table):
    """An order as its package holds it."""

    __tablename__ = "sales_order"

    number: Mapped[str | None]
    state: Mapped[str]
    ordered_on: Mapped[date | None]
    currency: Mapped[str | None]
    total: Mapped[Decimal | None]
    description: Mapped[str | None]


class SalesOrderLine(Table):
    """A line of an order, in the package's sequence."""

    __tablename__ = "sales_order_line"

    order_id: Mapped[UUID] = mapped_column(ForeignKey("sales_order.id", ondelete="CASCADE"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    external_id: Mapped[str]
    product: Mapped[str | None]
    description: Mapped[str | None]
    quantity: Mapped[Decimal | None]
    unit_price: Mapped[Decimal | None]
    amount: Mapped[Decimal | None]


class ProductHolding(Belonging, Table):
    """A product or contract the customer has."""

    __tablename__ = "product_holding"

    product: Mapped[str]
    quantity: Mapped[Decimal | None]
    active_from: Mapped[date | None]
    active_to: Mapped[date | None]


class Consent(Belonging, Table):
    """Consent for a purpose, valid in [valid_from, valid_to); expiry is derived."""

    __tablename__ = "consent"

    purpose: Mapped[str]
    channel: Mapped[str | None]
    status: Mapped[str]
    legal_basis: Mapped[str]
    evidence: Mapped[str | None]
    valid_from: Mapped[datetime | None]
    valid_to: Mapped[datetime | None]
