"""The bands of probability, and what a company lets them do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from math import log2
from typing import Final

MATCH: Final = 0.99
REVIEW: Final = 0.05
BITS_MAX: Final = 40.0
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


def bits_of(probability: float) -> float:
    """The log2 of the odds, kept within what a judgement keeps."""
    if not 0 < probability < 1:
        return -BITS_MAX if probability <= 0 else BITS_MAX
    return max(-BITS_MAX, min(BITS_MAX, log2(probability / (1 - probability))))


def probability_of(bits: float) -> float:
    """From the log2 of the odds."""
    return 1 / (1 + 2**-bits)


BANDS: Final = Bands()
