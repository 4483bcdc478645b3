"""Evidence of a migration."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry
from strawberry.scalars import JSON

from hub.migration.evidence import Verified
from hub.reads.migrations import EvidenceRow


@strawberry.type(description="One row of a migration's evidence.")
class MigrationEvidence:
    """Ids, classes, field paths and counts; no personal data."""

    number: int = strawberry.field(description="Place in the chain, from 1.")
    kind: str = strawberry.field(
        description="What it tells: PLANNED, PREFLIGHT, WINDOW, GATED, APPROVED, CUT_OVER, ..."
    )
    at: datetime = strawberry.field(description="When.")
    body: JSON = strawberry.field(description="What was measured or decided.")
    previous: str = strawberry.field(description="Digest of the row before, in hex; zeros for the first.")
    digest: str = strawberry.field(description="SHA-256 over this row and `previous`, in hex.")

    @classmethod
    def of(cls, row: EvidenceRow) -> Self:
        """The type from its row."""
        return cls(
            number=row.seq,
            kind=row.kind,
            at=row.at,
            body=JSON(row.body),
            previous=row.previous.hex(),
            digest=row.digest.hex(),
        )


@strawberry.type(description="Whether a chain of evidence holds.")
class EvidenceCheck:
    """Computed anew from every row."""

    holds: bool = strawberry.field(description="True when no row was changed, moved, added or removed.")
    rows: int = strawberry.field(description="How many rows there are.")
    broken: int | None = strawberry.field(description="Number of the first row that does not hold.")
    reason: str | None = strawberry.field(description="What is wrong with it.")

    @classmethod
    def of(cls, found: Verified) -> Self:
        """The type from the outcome."""
        return cls(holds=found.broken is None, rows=found.rows, broken=found.broken, reason=found.reason)
