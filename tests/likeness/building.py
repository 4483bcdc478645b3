"""Labelled people as customers of systems, applied like any page."""

from __future__ import annotations

from datetime import date

from benchmarks.people.labelled import labelled_people
from hub.matching.dates import birth_of
from hub.matching.person import Written
from hub.records.customer import ContactMediumRecord, CustomerRecord, PostalAddressRecord
from hub.records.enums import MediumKind


def customer(written: Written) -> CustomerRecord:
    """As an adapter would give it; a date that no calendar has is left out."""
    media = [(MediumKind.EMAIL, written.email), (MediumKind.PHONE, written.phone)]
    return CustomerRecord(
        given_name=written.given_name or None,
        family_name=written.family_name or None,
        birth_date=_date(written.birth_date),
        contact_media=tuple(
            ContactMediumRecord(external_id=kind.value, kind=kind, value=value) for kind, value in media if value
        ),
        addresses=(
            PostalAddressRecord(
                external_id="home",
                street=written.street or None,
                house_number=written.house_number or None,
                unit=written.unit or None,
                locality=written.locality or None,
                region=written.region or None,
                postal_code=written.postal_code or None,
            ),
        ),
    )


def crowd(records: int, seed: int) -> list[CustomerRecord]:
    """People to learn from."""
    return [customer(one.written) for one in labelled_people(records, seed)]


def _date(written: str) -> date | None:
    digits = birth_of(written)
    try:
        return date.fromisoformat(f"{digits[:4]}-{digits[4:6]}-{digits[6:]}")
    except ValueError:
        return None
