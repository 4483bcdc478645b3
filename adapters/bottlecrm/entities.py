"""Which of BottleCRM's records hold each entity, where its API has them, and which fields the hub reads.

Accounts (companies) are left out: the API tells no change stamp of them. Fields that change by themselves, such as the
time a lead waits for an answer, must not be in a body: it would differ from one reading to the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from hub.records.identity import Entity

STAMP = "updated_at"

NUMBER = "contacthub"
"""The custom field of a lead that holds the hub's number; see `hub_leads`."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of the API: its query, and the keys under which its rows stand in the answer."""

    query: Mapping[str, str]
    rows: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of record; `listings` together hold each once, `detail` is the key of the record in its own page.

    `event` is what its events begin with. `writable` maps a path of the canonical record to the field it is kept in.
    """

    path: str
    event: str
    detail: str
    listings: tuple[Listing, ...]
    fields: tuple[str, ...]
    writable: Mapping[tuple[str, ...], str]


# A list page holds open and closed leads side by side, each up to the limit: they are asked for one after the other.
# Converted leads are in no list; they are known by their events and read by id.
_LEAD = Resource(
    path="leads",
    event="lead",
    detail="lead_obj",
    listings=(
        Listing({"open": "true"}, ("open_leads", "open_leads")),
        Listing({"status": "closed"}, ("close_leads", "close_leads")),
    ),
    fields=(
        "id", "title", "first_name", "last_name", "email", "phone", "company_name", "status", "source", "rating",
        "opportunity_amount", "currency", "probability", "close_date", "contacts", "assigned_to", "is_active",
        "created_at", "custom_fields", STAMP,
    ),
    writable={
        ("name",): "title",
        ("status",): "status",
        ("email",): "email",
        ("custom_fields",): "custom_fields",
        ("rating",): "rating",
        ("amount",): "opportunity_amount",
        ("currency",): "currency",
        ("probability",): "probability",
    },
)  # fmt: skip

_CONTACT = Resource(
    path="contacts",
    event="contact",
    detail="contact_obj",
    listings=(Listing({}, ("results",)),),
    fields=(
        "id", "first_name", "last_name", "email", "phone", "organization", "title", "address_line", "city", "state",
        "postcode", "country", "is_active", "created_at", STAMP,
    ),
    writable={
        ("given_name",): "first_name",
        ("family_name",): "last_name",
        ("contact_media", "email", "value"): "email",
        ("contact_media", "phone", "value"): "phone",
    },
)  # fmt: skip

ENTITIES: Mapping[Entity, Resource] = {Entity.CUSTOMER: _CONTACT, Entity.SALES_LEAD: _LEAD}

TAKEN: tuple[Entity, ...] = (*ENTITIES, Entity.LEAD_RESPONSE)
"""What it can be used for; answers to leads are only told to it (`answers`)."""
