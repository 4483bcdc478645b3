"""How far the backfill of a candidate has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.records.states import RunState

_SEEDING: Final = text("""
SELECT r.id, r.state, r.started_at, r.error_code, r.giving_way_since IS NOT NULL AS giving_way,
  coalesce(CAST(r.counters->>'read' AS bigint), 0) AS taken,
  coalesce(CAST(r.counters->>'quarantined' AS bigint), 0) AS quarantined,
  (SELECT count(*) FROM source_record s WHERE s.system = f.source AND s.entity = f.entity AND NOT s.deleted) AS held
FROM cadence_migration m JOIN flow_run r ON r.id = m.seed_run JOIN information_flow f ON f.name = m.flow
WHERE m.id = :id AND 'SEEDING' IN (m.state, m.paused_from)""")


@dataclass(frozen=True, slots=True)
class Seeding:
    """The run that fills the twins. `taken`: records of the pages it has committed so far, those quarantined included.

    `held`: records that the hub has of the system by the lane that counts, and so about how many there are to come; a
    source that changes meanwhile, or deletes, makes the two differ at the end. `giving_way`: real-time work is late,
    and the run takes small steps until it is not.
    """

    run: UUID
    state: RunState
    started_at: datetime | None
    error_code: str | None
    giving_way: bool
    taken: int
    quarantined: int
    held: int

    @property
    def share(self) -> float | None:
        """From 0 to 1, None where the hub holds nothing to measure it by."""
        return min(self.taken / self.held, 1.0) if self.held else None


async def seeding_of(connection: AsyncConnection, migration: UUID) -> Seeding | None:
    """None for a migration that is not SEEDING, nor paused or stuck while it was."""
    row = (await connection.execute(_SEEDING, {"id": migration})).one_or_none()
    if row is None:
        return None
    return Seeding(
        run=row.id,
        state=RunState(row.state),
        started_at=row.started_at,
        error_code=row.error_code,
        giving_way=row.giving_way,
        taken=row.taken,
        quarantined=row.quarantined,
        held=row.held,
    )
