"""Which identifiers a source record carries."""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

from hub.customers.normalise import Spelling, normalise_email
from hub.records.customer import CustomerRecord
from hub.records.enums import MediumKind


class Node(NamedTuple):
    """A customer as one system knows it; ordered by system, then external id."""

    system: str
    external_id: str


class Strength(IntEnum):
    """Links are made in this order; the names are the kinds stored in the identifier tables."""

    ID = 1
    EMAIL = 2
    PHONE = 3


class IdentifierKey(NamedTuple):
    """A normalised value of one kind; ordered by kind, then value."""

    kind: str
    value: str


_ID, _EMAIL, _PHONE = (strength.name for strength in Strength)  # looking a name up costs more than the rest of a key


def id_of(system: str, external_id: str) -> IdentifierKey:
    """The identifier that a source record itself is, and that another system may state."""
    return IdentifierKey(_ID, f"{system}:{external_id}")


def identifiers_of(node: Node, record: CustomerRecord, spelling: Spelling) -> frozenset[IdentifierKey]:
    """The record's own id, ids it states in other systems, its e-mail addresses and phone numbers."""
    keys = {id_of(node.system, node.external_id)}
    keys.update(id_of(foreign.system, foreign.external_id) for foreign in record.identifiers)
    for medium in record.contact_media:
        if medium.kind is MediumKind.EMAIL and (email := normalise_email(medium.value)):
            keys.add(IdentifierKey(_EMAIL, email))
        elif medium.kind is MediumKind.PHONE and (phone := spelling.phone(medium.value)):
            keys.add(IdentifierKey(_PHONE, phone))
    return frozenset(keys)
