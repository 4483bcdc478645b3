"""Gates of a migration."""

from __future__ import annotations

from typing import Self

import strawberry

from hub.migration.gates import GateResult


@strawberry.type(description="One gate of a migration.")
class MigrationGate:
    """Passed or not, with what was measured."""

    name: str = strawberry.field(description="Its name, as in docs/configuration.md.")
    passed: bool = strawberry.field(description="Whether it lets the migration through.")
    measured: str | None = strawberry.field(description="What was measured; null when there was nothing to measure.")
    limit: str | None = strawberry.field(description="What it may be.")
    examples: list[str] = strawberry.field(description="What stands in the way: id, class, verdict, fields.")

    @classmethod
    def of(cls, gate: GateResult) -> Self:
        """The type from a result."""
        measured = None if gate.measured is None else str(gate.measured)
        limit = None if gate.limit is None else str(gate.limit)
        return cls(name=gate.name, passed=gate.ok, measured=measured, limit=limit, examples=list(gate.examples))
