"""A store of usage for tests of what is done with its answers; the real ones are held to tests/access/test_usage.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping


class UsageInMemory:
    """See SharedUsage; for processes that are objects of one test."""

    def __init__(self) -> None:
        self.sums: Counter[str] = Counter()

    async def add(self, used: Mapping[str, int]) -> Mapping[str, int]:
        """Add each and answer the sums."""
        self.sums.update(used)
        return {subject: self.sums[subject] for subject in used}

    async def aclose(self) -> None:
        """Nothing is open."""
