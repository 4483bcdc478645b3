"""A person or organisation as one system knows it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict

from hub.records.enums import CustomerField, MediumKind, PartyKind, RelationKind
from hub.records.identity import ExternalIdText, Words
from hub.records.money import Money


class Canonical(BaseModel):
    """Common shape: immutable, and a field the contract does not know is an error rather than lost."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class ContactMediumRecord(Canonical):
    """One way to reach the customer; `external_id` is the child's own id in the package, if it has one.

    `value` stays as the package wrote it; recognition and display normalise it (E.164, lower-cased e-mail).
    """

    external_id: ExternalIdText
    kind: MediumKind
    value: Words
    label: Words | None = None
    preferred: bool = False
    valid_from: datetime | None = None
    valid_to: datetime | None = None


class PostalAddressRecord(Canonical):
    """A postal address, his in [valid_from, valid_to); `country` is ISO 3166-1 alpha-2.

    `street` includes number and unit when not split.
    """

    external_id: ExternalIdText
    street: Words | None = None
    house_number: Words | None = None
    unit: Words | None = None
    postal_code: Words | None = None
    locality: Words | None = None
    region: Words | None = None
    country: Words | None = None
    label: Words | None = None
    preferred: bool = False
    valid_from: datetime | None = None
    valid_to: datetime | None = None


class RelationRecord(Canonical):
    """Another customer of the same system and what he is to this one; `to` is his external id there.

    `label` is the package's word for it (child, guarantor). No name: he has a record of his own, or none.
    """

    external_id: ExternalIdText
    kind: RelationKind
    to: ExternalIdText
    label: Words | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None


class ForeignIdentifier(Canonical):
    """The same customer's number in another connected system, as this system states it."""

    system: Words
    external_id: ExternalIdText


class FieldStamp(Canonical):
    """When one field last changed at its source, in the source's clock, as the package itself tells it."""

    field: CustomerField
    at: datetime


Child = TypeVar("Child", ContactMediumRecord, PostalAddressRecord, RelationRecord)


def _by_id(children: tuple[Child, ...]) -> tuple[Child, ...]:
    return tuple(sorted(children, key=lambda child: child.external_id))


def _by_system(identifiers: tuple[ForeignIdentifier, ...]) -> tuple[ForeignIdentifier, ...]:
    return tuple(sorted(identifiers, key=lambda identifier: (identifier.system, identifier.external_id)))


def _by_field(stamps: tuple[FieldStamp, ...]) -> tuple[FieldStamp, ...]:
    return tuple(sorted(stamps, key=lambda stamp: stamp.field))


def _by_name(fields: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(set(fields)))


class CustomerRecord(Canonical):
    """Everything one system says about one customer, children included, ordered by the children's ids.

    `name` is the full name as one line; the parts are filled where the package has them.
    `language` is BCP 47; `status` is the company's own level (for example GOLD). `tone` (formal, informal) and
    `preferred_channel` say how he wants to be addressed. `value_class` is the company's own class of what he is worth
    to it (for example A), `lifetime_value` what it expects to earn by him over the whole relation.
    `changed` has the times of single fields, where the package keeps them; of the others the record's own time counts.
    A field without a value is one of which the package is silent, unless `known_blank` names it: it knows of none.
    """

    kind: PartyKind = PartyKind.PERSON
    name: Words | None = None
    given_name: Words | None = None
    family_name: Words | None = None
    birth_date: date | None = None
    language: Words | None = None
    status: Words | None = None
    customer_number: Words | None = None
    tone: Words | None = None
    preferred_channel: Words | None = None
    value_class: Words | None = None
    lifetime_value: Money | None = None
    known_blank: Annotated[tuple[str, ...], AfterValidator(_by_name)] = ()
    identifiers: Annotated[tuple[ForeignIdentifier, ...], AfterValidator(_by_system)] = ()
    contact_media: Annotated[tuple[ContactMediumRecord, ...], AfterValidator(_by_id)] = ()
    addresses: Annotated[tuple[PostalAddressRecord, ...], AfterValidator(_by_id)] = ()
    relations: Annotated[tuple[RelationRecord, ...], AfterValidator(_by_id)] = ()
    changed: Annotated[tuple[FieldStamp, ...], AfterValidator(_by_field)] = ()
