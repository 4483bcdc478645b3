"""Who asks, as a row beside which his own customer stands: what a token says is bound to the statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import TIMESTAMP, ColumnElement, FromClause, Select, Text, bindparam, select

from hub.customers.tables import Customer
from hub.reads.customers import CustomerRow, standing_for
from hub.reads.reach import EVERYONE, Reach, current_id
from hub.reads.relations import Relation

SUBJECT: Final = "subject"
EXPIRES: Final = "expires"
OWN_QUEUE: Final = "own_queue"


@dataclass(frozen=True, slots=True)
class ViewerRow:
    """`customer_id` is whom the caller is now, None for one who is no customer or whom the hub does not have."""

    subject: str
    expires_at: datetime
    customer_id: UUID | None


def viewer(reach: Reach) -> Select[Any]:
    """One row; the parameters SUBJECT and EXPIRES are what his token says."""
    subject = bindparam(SUBJECT, type_=Text(), required=True)
    expires = bindparam(EXPIRES, type_=TIMESTAMP(timezone=True), required=True)
    own = current_id(reach.only) if reach.only is not None else None
    customer = select(Customer.id).where(Customer.id == own).scalar_subquery()
    columns: list[ColumnElement[Any]] = [
        subject.label("subject"),
        expires.label("expires_at"),
        customer.label("customer_id"),
    ]
    return select(*columns)


def _customer(asking: FromClause) -> Select[Any]:
    return standing_for(asking.c["customer_id"], EVERYONE).correlate(asking)


CUSTOMER_OF_VIEWER: Final = Relation(CustomerRow, _customer)
