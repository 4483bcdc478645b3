"""How to reach a customer, who else knows him, and which groups he is in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import select

from hub.customers.tables import ContactMedium, CustomerIdentifier, CustomerRelation, CustomerSegment, PostalAddress
from hub.reads.paging import Order
from hub.reads.parts import Part


@dataclass(frozen=True, slots=True)
class MediumRow:
    """An e-mail address, phone or web site with the source that won it."""

    id: UUID
    customer_id: UUID
    kind: str
    value: str
    normalised: str
    label: str | None
    preferred: bool
    valid_from: datetime | None
    valid_to: datetime | None
    system: str
    external_id: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class AddressRow:
    """A postal address with the source that won it."""

    id: UUID
    customer_id: UUID
    street: str | None
    house_number: str | None
    unit: str | None
    postal_code: str | None
    locality: str | None
    region: str | None
    country: str | None
    label: str | None
    preferred: bool
    valid_from: datetime | None
    valid_to: datetime | None
    system: str
    external_id: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class RelatedRow:
    """What another customer is to this one; `other_id` is he, None while the hub does not know him."""

    id: UUID
    customer_id: UUID
    kind: str
    other_id: UUID | None
    label: str | None
    valid_from: datetime | None
    valid_to: datetime | None
    system: str
    external_id: str
    as_of: datetime


@dataclass(frozen=True, slots=True)
class IdentifierRow:
    """The id under which a system knows the customer."""

    customer_id: UUID
    system: str
    external_id: str
    since: datetime


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """A segment and the system that put the customer in it."""

    customer_id: UUID
    segment: str
    system: str
    since: datetime


_media, _addresses = ContactMedium.__table__.c, PostalAddress.__table__.c
_related = CustomerRelation.__table__.c
_identifiers, _segments = CustomerIdentifier.__table__.c, CustomerSegment.__table__.c

MEDIA: Final = Part(MediumRow, ContactMedium, Order("PREFERRED", (_media["preferred"], _media["id"]), descending=True))
ADDRESSES: Final = Part(
    AddressRow, PostalAddress, Order("PREFERRED", (_addresses["preferred"], _addresses["id"]), descending=True)
)
_other = (
    select(CustomerIdentifier.customer_id)
    .where(CustomerIdentifier.system == CustomerRelation.system)
    .where(CustomerIdentifier.external_id == CustomerRelation.other)
    .correlate(CustomerRelation.__table__)
    .scalar_subquery()
)
RELATED: Final = Part(
    RelatedRow,
    CustomerRelation,
    Order("KIND", (_related["kind"], _related["id"])),
    computed={"other_id": _other},
)
IDENTIFIERS: Final = Part(
    IdentifierRow, CustomerIdentifier, Order("SYSTEM", (_identifiers["system"], _identifiers["external_id"]))
)
SEGMENTS: Final = Part(SegmentRow, CustomerSegment, Order("SEGMENT", (_segments["segment"], _segments["system"])))


def address_at(rows: Sequence[AddressRow], at: datetime) -> AddressRow | None:
    """The first of these, preferred ones first, that is valid in [valid_from, valid_to) at this moment."""
    valid = (
        row
        for row in rows
        if (row.valid_from is None or row.valid_from <= at) and (row.valid_to is None or at < row.valid_to)
    )
    return next(valid, None)
