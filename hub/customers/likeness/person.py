"""A customer record as a person to compare."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from hub.matching.keys import keys_of
from hub.matching.names import split_full_name
from hub.matching.normalise import Notation, normalise
from hub.matching.person import Person, Written
from hub.records.customer import ContactMediumRecord, CustomerRecord, PostalAddressRecord
from hub.records.enums import MediumKind

T = TypeVar("T", ContactMediumRecord, PostalAddressRecord)
_NOTATION = Notation()


def person_of(record: CustomerRecord) -> Person:
    """The preferred address, mailbox and phone, the first where none is preferred; the full name where no parts are."""
    address = _preferred(record.addresses)
    email, phone = _reached(record, MediumKind.EMAIL), _reached(record, MediumKind.PHONE)
    written = _named(record)._replace(email=email, phone=phone)
    if address is not None:
        written = written._replace(
            street=address.street or "",
            house_number=address.house_number or "",
            unit=address.unit or "",
            locality=address.locality or "",
            region=address.region or "",
            postal_code=address.postal_code or "",
        )
    return normalise(written, _NOTATION)


def named_person(record: CustomerRecord) -> Person:
    """Names and date of birth alone."""
    return normalise(_named(record), _NOTATION)


def keys_of_record(record: CustomerRecord, person: Person) -> frozenset[int]:
    """The keys of the person, and of every further mailbox and phone."""
    more = [
        keys_of(normalise(Written(email=medium.value), _NOTATION))
        if medium.kind is MediumKind.EMAIL
        else keys_of(normalise(Written(phone=medium.value), _NOTATION))
        for medium in record.contact_media
        if medium.kind in (MediumKind.EMAIL, MediumKind.PHONE)
    ]
    return keys_of(person).union(*more)


def _named(record: CustomerRecord) -> Written:
    given, family = record.given_name or "", record.family_name or ""
    if not given and not family and record.name:
        given, family = split_full_name(record.name)
    return Written(given, family, "" if record.birth_date is None else record.birth_date.isoformat())


def _preferred(children: Iterable[T]) -> T | None:
    return min(children, key=lambda child: (not child.preferred, child.external_id), default=None)


def _reached(record: CustomerRecord, kind: MediumKind) -> str:
    medium = _preferred(medium for medium in record.contact_media if medium.kind is kind)
    return "" if medium is None else medium.value
