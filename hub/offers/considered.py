"""One customer considered for offers: his view, his past and what was learned, ready to be arbitrated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.offers.advice import Advice
from hub.offers.arbitrate import Candidate, Known, Occasion, arbitrate
from hub.offers.catalogue import Catalogue
from hub.offers.question import Question


@dataclass(frozen=True, slots=True)
class Considered:
    """`segment` is the one that the customer's answers are learned for; `language` what content is looked for in."""

    customer: UUID
    segment: str
    language: str | None
    known: Known
    occasion: Occasion

    def candidates(self, catalogue: Catalogue) -> Sequence[Candidate]:
        """See `arbitrate`."""
        return arbitrate(catalogue, self.known, self.occasion)

    def advised(self, advice: Advice | None) -> Considered:
        """Only what campaign management proposes, with its propensities; as it is without advice."""
        if advice is None:
            return self
        told = {name: chance for name, chance in advice.propensities.items() if chance is not None}
        known = replace(self.known, propensities={**self.known.propensities, **told})
        return replace(self, known=known, occasion=replace(self.occasion, only=frozenset(advice.propensities)))


class Consider(Protocol):
    """Looks at a customer across all rooms, which this one does not see."""

    async def __call__(
        self, connection: AsyncConnection, catalogue: Catalogue, customer: UUID, question: Question, now: datetime, /
    ) -> Considered:
        """As he is at `now`; reads only."""
        ...
