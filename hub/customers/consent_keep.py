"""Keep statements of consent: what systems hold, version by version, and what is recorded in the hub."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.identifiers import Node
from hub.records.belongings import ConsentRecord
from hub.store.sets import run_set

HUB: Final = "hub"
"""The system of statements that were recorded here."""

_NAMESPACE: Final = UUID("c51f0d0e-7b0f-4b39-8d8a-0f5b7a6f9e43")

_KEEP: Final = """
WITH r AS (SELECT * FROM json_to_recordset(CAST(:rows AS json)) AS r(id uuid, system text, external_id text,
  version int, owner_system text, owner_id text, purpose text, channel text, status text, legal_basis text,
  evidence text, valid_from timestamptz, valid_to timestamptz, stated_at timestamptz, principal text,
  confirm_digest text, confirm_until timestamptz)),
ended AS (
  UPDATE consent_statement s SET ended_at = greatest(r.stated_at, s.stated_at) FROM r
  WHERE s.system = r.system AND s.external_id = r.external_id AND s.version < r.version AND s.ended_at IS NULL)
INSERT INTO consent_statement (id, system, external_id, version, owner_system, owner_id, purpose, channel, status,
  legal_basis, evidence, valid_from, valid_to, stated_at, observed_at, principal, confirm_digest, confirm_until,
  due_at)
SELECT id, system, external_id, version, owner_system, owner_id, purpose, channel, status, legal_basis, evidence,
  valid_from, valid_to, stated_at, :now, principal, decode(confirm_digest, 'hex'), confirm_until,
  CASE WHEN valid_from > :now THEN valid_from WHEN valid_to > :now THEN valid_to END FROM r
ON CONFLICT (id) DO NOTHING"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A statement to keep; `stated_at` is when the person made it, as far as its holder knows."""

    system: str
    external_id: str
    version: int
    owner: Node
    record: ConsentRecord
    stated_at: datetime
    principal: str | None = None
    confirm_digest: bytes | None = None
    confirm_until: datetime | None = None

    @property
    def id(self) -> UUID:
        """The same after every replay."""
        return uuid5(_NAMESPACE, f"{self.system}/{self.external_id}/{self.version}")


def stated_by_system(record: ConsentRecord, version: int, as_of: datetime) -> datetime:
    """When a system's statement was made: what the hub meets first is as old as its validity says it is."""
    if version == 1 and record.valid_from is not None:
        return min(record.valid_from, as_of)
    return as_of


async def keep_statements(connection: AsyncConnection, statements: Sequence[Kept], now: datetime) -> None:
    """Add statements; an older version of the same object ends where the new one begins."""
    rows = [
        {
            "id": one.id,
            "system": one.system,
            "external_id": one.external_id,
            "version": one.version,
            "owner_system": one.owner.system,
            "owner_id": one.owner.external_id,
            **one.record.model_dump(mode="json", exclude={"customer"}),
            "stated_at": one.stated_at,
            "principal": one.principal,
            "confirm_digest": None if one.confirm_digest is None else one.confirm_digest.hex(),
            "confirm_until": one.confirm_until,
        }
        for one in statements
    ]
    if rows:
        await run_set(connection, _KEEP, rows, now=now)


async def end_statements(connection: AsyncConnection, system: str, ids: Iterable[str], now: datetime) -> None:
    """The system has deleted these objects: what they said holds no longer."""
    await run_set(
        connection,
        """UPDATE consent_statement s SET ended_at = :now
           FROM json_array_elements_text(CAST(:rows AS json)) AS r(external_id)
           WHERE s.system = :system AND s.external_id = r.external_id AND s.ended_at IS NULL""",
        list(ids),
        system=system,
        now=now,
    )


async def reopen_statements(connection: AsyncConnection, system: str, ids: Iterable[str]) -> None:
    """The system has these objects again: their last version holds."""
    await run_set(
        connection,
        """UPDATE consent_statement s SET ended_at = NULL
           FROM json_array_elements_text(CAST(:rows AS json)) AS r(external_id)
           WHERE s.system = :system AND s.external_id = r.external_id AND s.version = (
             SELECT max(version) FROM consent_statement l WHERE l.system = s.system AND l.external_id = s.external_id)
        """,
        list(ids),
        system=system,
    )
