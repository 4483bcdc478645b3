"""The port to a campaign management that ranks offers itself, asked while a customer waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Asked:
    """For whom and where. `customer` is the hub's id, `identifiers` are (system, external id) where he is known."""

    customer: UUID
    identifiers: Sequence[tuple[str, str]]
    channel: str
    session: UUID | None
    reason: str | None
    language: str | None
    limit: int


@dataclass(frozen=True, slots=True)
class Proposed:
    """One proposition by its name in the catalogue; `propensity` from 0 to 1, None where the engine does not say."""

    proposition: str
    propensity: float | None


class DecisionEngine(Protocol):
    """Answers in time or not at all."""

    async def propose(self, asked: Asked) -> Sequence[Proposed]:
        """What it would offer; raises Transient when there is no usable answer within its deadline."""
        ...

    async def aclose(self) -> None:
        """Give its connections back."""
        ...
