"""A canonical customer as the values of a new party."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from adapters.tryton.wire import WireValue
from hub.errors import Rejected
from hub.records.customer import ContactMediumRecord, CustomerRecord, PostalAddressRecord
from hub.records.enums import MediumKind

_MECHANISM_OF: Mapping[MediumKind, str] = {
    MediumKind.EMAIL: "email",
    MediumKind.PHONE: "phone",
    MediumKind.WEBSITE: "website",
    MediumKind.OTHER: "other",
}


@dataclass(frozen=True, slots=True)
class Lookups:
    """Tryton's ids of the languages (by its own codes, `es_419`) and countries (ISO 3166-1 alpha-2) in use."""

    languages: Mapping[str, WireValue]
    countries: Mapping[str, WireValue]


def party_values(record: CustomerRecord, key_code: str, lookups: Lookups) -> WireValue:
    """What `party.party.create` takes. Raises Rejected for a language or country that this Tryton does not know.

    The kind, birth date, status and ids in other systems have no place in a party; the customer number stays
    Tryton's own to give unless the record brings one.
    """
    values: dict[str, WireValue] = {
        "name": record.name,
        "contact_mechanisms": _created([_mechanism(medium) for medium in record.contact_media]),
        "addresses": _created([_address(address, lookups) for address in record.addresses]),
        "identifiers": _created([{"type": None, "code": key_code}]),
    }
    if record.customer_number is not None:
        values["code"] = record.customer_number
    if record.language is not None:
        values["lang"] = _known(lookups.languages, record.language.replace("-", "_"), "language")
    return values


def _mechanism(medium: ContactMediumRecord) -> WireValue:
    return {"type": _MECHANISM_OF[medium.kind], "value": medium.value, "name": medium.label}


def _address(address: PostalAddressRecord, lookups: Lookups) -> WireValue:
    country = _known(lookups.countries, address.country, "country") if address.country is not None else None
    house = " ".join(part for part in (address.street, address.house_number, address.unit) if part is not None)
    return {
        "street": house or None,
        "postal_code": address.postal_code,
        "city": address.locality,
        "country": country,
        "party_name": address.label,
    }


def _created(rows: list[WireValue]) -> WireValue:
    return [("create", rows)] if rows else []


def _known(ids: Mapping[str, WireValue], code: str, what: str) -> WireValue:
    if code not in ids:
        raise Rejected(f"this Tryton has no {what} {code}")
    return ids[code]
