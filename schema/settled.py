"""What a mutation came to that was carried out before its answer goes through the framework."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settled:
    """The payload of its resolver, or the error."""

    payload: object = None
    error: Exception | None = None

    def again(self) -> object:
        """What the resolver gave; raises what it raised."""
        if self.error is not None:
            raise self.error
        return self.payload
