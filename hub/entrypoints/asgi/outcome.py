"""How an operation's result is counted and told."""

from __future__ import annotations

from collections.abc import Mapping

from strawberry.types import ExecutionResult

from schema.errors import BAD_REQUEST


def outcome_of(result: ExecutionResult) -> str:
    """OK, or the code of the first error."""
    first = result.errors[0] if result.errors else None
    return "OK" if first is None else str((first.extensions or {}).get("code", BAD_REQUEST))


def told(ways: Mapping[str, str]) -> str:
    """Which way each root field was answered, and why."""
    return "; ".join(f"{key}: {way}" for key, way in ways.items())
