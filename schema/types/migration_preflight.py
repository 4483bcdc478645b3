"""What a preflight found and expects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import strawberry

from hub.migration.preflight import Severity


@strawberry.type(description="Something the new lane cannot do, or lacks.")
class MigrationFinding:
    """One finding of the preflight."""

    code: str = strawberry.field(description="Stable, for programs: NO_PUSH, NO_DELETES, PREREQUISITE, BUDGET, ...")
    blocks: bool = strawberry.field(description="True when the migration cannot start like this.")
    message: str = strawberry.field(description="In words.")
    covered_by: str | None = strawberry.field(description="What makes up for it; null when nothing does.")

    @classmethod
    def of(cls, finding: Mapping[str, Any]) -> Self:  # Any: stored JSON
        """The type from the stored finding."""
        return cls(
            code=finding["code"],
            blocks=finding["severity"] == Severity.BLOCKER,
            message=finding["message"],
            covered_by=finding["covered_by"],
        )


@strawberry.type(description="Calls at the new lane's system, now and afterwards.")
class MigrationForecast:
    """From page sizes, rhythm, and what really travelled in the last four weeks."""

    calls_per_day_now: float = strawberry.field(description="By the lane that counts now.")
    calls_per_day_after: float = strawberry.field(description="By the new lane.")
    calls_per_day_beside: float = strawberry.field(description="While both run.")
    seed_calls: int = strawberry.field(description="Once, to seed the new lane.")
    requests_per_minute: int = strawberry.field(description="What the system allows.")
    share: float = strawberry.field(description="Of that, what the new lane needs, over a day; 1 is all.")

    @classmethod
    def of(cls, forecast: Mapping[str, Any]) -> Self:  # Any: stored JSON
        """The type from the stored forecast."""
        return cls(
            calls_per_day_now=forecast["calls_per_day_now"],
            calls_per_day_after=forecast["calls_per_day_after"],
            calls_per_day_beside=forecast["calls_per_day_beside"],
            seed_calls=forecast["seed_calls"],
            requests_per_minute=forecast["requests_per_minute"],
            share=forecast["share"],
        )
