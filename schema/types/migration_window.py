"""Windows of a migration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

import strawberry

from hub.reads.migrations import WindowRow
from schema.types.enums import DifferenceKind, Verdict


@strawberry.type(description="How many differences of one class a window showed.")
class DifferenceCount:
    """One class."""

    kind: DifferenceKind = strawberry.field(description="How the new lane differs from the old one.")
    verdict: Verdict | None = strawberry.field(description="What the source said; null when it was not asked.")
    count: int = strawberry.field(description="How many.")

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:  # Any: stored JSON
        """The type from a stored count."""
        verdict = row["verdict"]
        return cls(
            kind=DifferenceKind(row["kind"]),
            verdict=None if verdict is None else Verdict(verdict),
            count=row["count"],
        )


@strawberry.type(description="One object over which the lanes differ.")
class ParityDifference:
    """Names of fields, no values."""

    external_id: str = strawberry.field(description="Its id in the system.")
    kind: DifferenceKind = strawberry.field(description="How the new lane differs from the old one.")
    verdict: Verdict | None = strawberry.field(description="What the source said; null when it was not asked.")
    paths: list[str] = strawberry.field(description="The fields; none: all of the object.")
    explained: bool = strawberry.field(description="True when it says nothing against the new lane.")

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:  # Any: stored JSON
        """The type from a stored example."""
        verdict = row["verdict"]
        return cls(
            external_id=row["external_id"],
            kind=DifferenceKind(row["kind"]),
            verdict=None if verdict is None else Verdict(verdict),
            paths=list(row["paths"]),
            explained=row["explained"],
        )


@strawberry.type(description="One window of a migration: a run of the old lane, compared with the new one.")
class ParityRun:
    """Everything but its place in time is null until it was compared."""

    number: int = strawberry.field(description="Its place, from 1.")
    audit: bool = strawberry.field(description="True after the cut-over, when the old lane is the auditor.")
    since: datetime = strawberry.field(description="First read of the old lane, in the source's time.")
    until: datetime = strawberry.field(description="Its last read; the new lane is compared as of then.")
    compared_at: datetime | None = strawberry.field(description="When it was compared.")
    compared: int | None = strawberry.field(description="Objects compared.")
    counts: list[DifferenceCount] = strawberry.field(description="Differences by class.")
    unexplained: int | None = strawberry.field(description="Differences that speak against the new lane.")
    unexplained_on_keys: int | None = strawberry.field(description="Those of them on key fields.")
    carried: int | None = strawberry.field(description="Objects that moved on; the next window looks again.")
    clean: bool | None = strawberry.field(description="Whether it counts towards the gates.")
    freshness_median_s: float | None = strawberry.field(
        description="Seconds by which the new lane saw a change earlier, median."
    )
    freshness_p95_s: float | None = strawberry.field(description="The same, 95th percentile.")
    lag_p95_s: float | None = strawberry.field(
        description="Seconds from a change at the source to the new lane, 95th percentile."
    )
    examples: list[ParityDifference] = strawberry.field(description="The first differences by id, at most 200.")

    @classmethod
    def of(cls, row: WindowRow) -> Self:
        """The type from its row."""
        return cls(
            number=row.number,
            audit=row.audit,
            since=row.since,
            until=row.until,
            compared_at=row.compared_at,
            compared=row.compared,
            counts=[DifferenceCount.of(count) for count in row.counts or ()],
            unexplained=row.unexplained,
            unexplained_on_keys=row.unexplained_on_keys,
            carried=row.carried,
            clean=row.clean,
            freshness_median_s=row.freshness_median_s,
            freshness_p95_s=row.freshness_p95_s,
            lag_p95_s=row.lag_p95_s,
            examples=[ParityDifference.of(example) for example in row.examples or ()],
        )
