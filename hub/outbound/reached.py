"""Where customers are reached at this moment: the golden e-mail address, phone number and postal address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from email_validator import EmailNotValidError, validate_email
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.records.enums import MediumKind
from hub.records.outbound import ChannelKind

POSTAL_COLUMNS = ("street", "house_number", "unit", "postal_code", "locality", "region", "country")

_PEOPLE = text(
    """SELECT c.id, c.name, c.given_name, c.family_name, c.language FROM customer c
       WHERE c.id = ANY(:customers) AND NOT c.deleted"""
)

_MEDIA = text(
    """SELECT DISTINCT ON (m.customer_id, m.kind) m.customer_id, m.kind, m.value, m.normalised FROM contact_medium m
       WHERE m.customer_id = ANY(:customers) AND m.kind IN ('EMAIL', 'PHONE')
         AND (m.valid_from IS NULL OR m.valid_from <= :at) AND (m.valid_to IS NULL OR m.valid_to > :at)
         AND NOT EXISTS (SELECT FROM undeliverable_medium u
           WHERE u.customer_id = m.customer_id AND u.kind = m.kind AND u.normalised = m.normalised)
       ORDER BY m.customer_id, m.kind, m.preferred DESC, m.id"""
)

_POSTAL = text(
    """SELECT DISTINCT ON (a.customer_id) a.* FROM postal_address a
       WHERE a.customer_id = ANY(:customers) AND a.street IS NOT NULL AND a.locality IS NOT NULL
         AND a.postal_code IS NOT NULL
       ORDER BY a.customer_id, (lower(a.label) IS NOT DISTINCT FROM 'delivery') DESC, a.preferred DESC, a.id"""
)


@dataclass(frozen=True, slots=True)
class Medium:
    """`value` as one writes to it or dials it, `normalised` as the golden record compares it."""

    value: str
    normalised: str


@dataclass(frozen=True, slots=True)
class Reached:
    """A customer as a channel addresses him. `postal` has POSTAL_COLUMNS, empty where one is not known."""

    customer: UUID
    name: str
    given_name: str
    family_name: str
    language: str | None
    media: Mapping[MediumKind, Medium] = field(default_factory=dict)
    postal: Mapping[str, str] | None = None

    def by(self, kind: ChannelKind) -> bool:
        """Whether a channel of this kind reaches him."""
        if kind is ChannelKind.PRINT:
            return self.postal is not None
        return (MediumKind.EMAIL if kind is ChannelKind.EMAIL else MediumKind.PHONE) in self.media


async def reached_among(connection: AsyncConnection, customers: Sequence[UUID], at: datetime) -> Mapping[UUID, Reached]:
    """Those who are there. An address from which mail came back, or that is not valid at `at`, reaches nobody."""
    binds = {"customers": list(dict.fromkeys(customers)), "at": at}
    media: dict[UUID, dict[MediumKind, Medium]] = {}
    for row in await connection.execute(_MEDIA, binds):
        kind = MediumKind(row.kind)
        value = mailbox(row.value) if kind is MediumKind.EMAIL else row.normalised
        if value is not None:
            media.setdefault(row.customer_id, {})[kind] = Medium(value, row.normalised)
    postal = {
        row.customer_id: {name: getattr(row, name) or "" for name in POSTAL_COLUMNS}
        for row in await connection.execute(_POSTAL, binds)
    }
    return {
        row.id: Reached(
            row.id,
            row.name or "",
            row.given_name or "",
            row.family_name or "",
            row.language,
            media.get(row.id, {}),
            postal.get(row.id),
        )
        for row in await connection.execute(_PEOPLE, binds)
    }


def mailbox(value: str) -> str | None:
    """The address as SMTP takes it (an international domain in its ASCII form); None for what is none."""
    try:
        checked = validate_email(value.strip(), check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        return None
    return checked.ascii_email
