"""What systems and people had said of a customer's consent by a past moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.consent_read import STATEMENTS_MAX
from hub.records.enums import ConsentStatus, LegalBasis

# Of a statement that was followed by another one the end tells when that was made, not when the hub heard of it.
_STATEMENTS: Final = text(
    """SELECT s.* FROM (
         SELECT DISTINCT ON (s.system, s.external_id) s.*, NOT EXISTS (SELECT FROM consent_statement n
           WHERE n.system = s.system AND n.external_id = s.external_id AND n.version > s.version) AS newest
         FROM customer_identifier i
         JOIN consent_statement s ON s.owner_system = i.system AND s.owner_id = i.external_id
         WHERE i.customer_id = :id AND s.observed_at <= :at
         ORDER BY s.system, s.external_id, s.version DESC) s
       WHERE NOT (s.newest AND s.ended_at IS NOT NULL AND s.ended_at <= :at)
       ORDER BY s.stated_at DESC, s.system, s.external_id LIMIT :most"""
)


@dataclass(frozen=True, slots=True)
class PastStatement:
    """One statement as its holder made it; valid in [valid_from, valid_to)."""

    system: str
    purpose: str
    channel: str | None
    status: ConsentStatus
    legal_basis: LegalBasis
    evidence: str | None
    valid_from: datetime | None
    valid_to: datetime | None
    stated_at: datetime
    observed_at: datetime


async def statements_at(connection: AsyncConnection, customer_id: UUID, at: datetime) -> Sequence[PastStatement]:
    """What each holder said last by `at`, as far as the hub knew it then; newest first, at most STATEMENTS_MAX.

    `customer_id` is a current one, not a merged one.
    """
    rows = await connection.execute(_STATEMENTS, {"id": customer_id, "at": at, "most": STATEMENTS_MAX})
    return [
        PastStatement(
            row.system,
            row.purpose,
            row.channel,
            ConsentStatus(row.status),
            LegalBasis(row.legal_basis),
            row.evidence,
            row.valid_from,
            row.valid_to,
            row.stated_at,
            row.observed_at,
        )
        for row in rows
    ]
