"""The bands of probability, and what a company lets them do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MATCH: Final = 0.99
REVIEW: Final = 0.05
NEVER: Final = 2.0
"""A threshold that no probability reaches."""


class MatchBand(StrEnum):
    """MATCH: the same person for all we know. REVIEW: for a steward. Below is NEW, and not listed."""

    MATCH = "MATCH"
    REVIEW = "REVIEW"


@dataclass(frozen=True, slots=True)
class Bands:
    """From which probability on two records are a match, or a case for review; `merges`: whether a match merges."""

    match: float = MATCH
    review: float = REVIEW
    merges: bool = True

    def of(self, probability: float) -> MatchBand:
        """The band of a probability of `review` at least."""
        return MatchBand.MATCH if probability >= self.match else MatchBand.REVIEW

    @property
    def links_from(self) -> float:
        """From which probability on records are linked by themselves."""
        return self.match if self.merges else NEVER


BANDS: Final = Bands()
