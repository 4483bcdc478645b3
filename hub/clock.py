"""The hub's clock, passed in wherever time matters so that a test can live through weeks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TypeAlias

Clock: TypeAlias = Callable[[], datetime]


def utc_now() -> datetime:
    """The system clock, aware, in UTC."""
    return datetime.now(UTC)
