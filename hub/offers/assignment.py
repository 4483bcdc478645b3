"""Who is in a control group, and which treatment he gets: drawn from a keyed hash, so that it never changes.

The draw depends on the catalogue's seed, the experiment's name and the customer, not on time, order or process. The
experiments are independent: who is in one control group is in another by chance only.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from uuid import UUID

_RANGE = 2.0**64


class Draws:
    """The draws of one customer under one seed."""

    def __init__(self, seed: str, customer: UUID) -> None:
        key = blake2b(seed.encode(), digest_size=32).digest()
        self._begun = blake2b(customer.bytes, digest_size=8, key=key)

    def of(self, experiment: str) -> float:
        """A number in [0, 1), the same whenever it is asked for."""
        hashed = self._begun.copy()
        hashed.update(experiment.encode())
        return int.from_bytes(hashed.digest()) / _RANGE


def chosen_of(shares: Mapping[str, float], drawn: float) -> str:
    """The one of `shares` (relative, not empty) whose part of [0, 1) holds `drawn`; parts stand in their order."""
    left = drawn * sum(shares.values())
    for name, share in shares.items():
        if left < share:
            return name
        left -= share
    return name
