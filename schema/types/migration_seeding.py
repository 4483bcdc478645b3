"""How far a migration's backfill has come."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry

from hub.reads.seeding import Seeding
from schema.types.enums import RunState


@strawberry.type(description="How far the new lane has come with reading everything.")
class MigrationSeeding:
    """Grows with every committed page."""

    state: RunState = strawberry.field(description="Where its run stands.")
    started_at: datetime | None = strawberry.field(description="When it began; null while it waits for a worker.")
    records: int = strawberry.field(description="Records taken in so far, those in quarantine included.")
    quarantined: int = strawberry.field(description="Of them, how many went into quarantine.")
    expected: int = strawberry.field(
        description="Records that the lane which counts has brought in: about how many there are."
    )
    giving_way: bool = strawberry.field(description="Whether it makes way for real-time work and takes small steps.")

    @classmethod
    def of(cls, seeding: Seeding) -> Self:
        """The type from what the run's row says."""
        return cls(
            state=RunState(seeding.state),
            started_at=seeding.started_at,
            records=seeding.taken,
            quarantined=seeding.quarantined,
            expected=seeding.held,
            giving_way=seeding.giving_way,
        )
