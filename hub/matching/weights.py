"""The weights: how often each grade is seen between records of one person and between different persons.

Fellegi and Sunter (1969) set one kind of pair, a match, against all others. Others are of several kinds, and two of
them look much like a match: people who live together and people with one name. A sum of weights that takes each field
for independent gives a family at one address all the evidence of the address and merges it. So the other side of the
ratio is a mixture: strangers, a household, relatives elsewhere, neighbours, users of one phone or mailbox, namesakes.
Each shares
with a match what `RELATED` says and is like strangers in all else; how many there are is learned.

A match is of two kinds for the same reason: who has moved differs in street, number and postal code all at once, which
counts against him once and not three times.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from hub.matching.columns import People
from hub.matching.compare import EQUAL, Pairs
from hub.matching.comparisons import COMPARISONS
from hub.matching.evidence import Evidence, Seen, evidence
from hub.matching.frequencies import Frequencies

Column: TypeAlias = npt.NDArray[np.float64]
Matrix: TypeAlias = npt.NDArray[np.float64]

_ADDRESS: Final = {"postal": 1.0, "locality": 1.0, "region": 1.0, "street": 1.0, "house": 1.0, "unit": 0.9}
RELATED: Final[Mapping[str, Mapping[str, float]]] = {
    "household": {**_ADDRESS, "family": 0.75, "phone": 0.6, "email": 0.3, "given": 0.03, "birth": 0.04},
    "relatives": {
        "family": 0.95,
        "phone": 0.7,
        "email": 0.5,
        "postal": 0.1,
        "locality": 0.3,
        "region": 0.6,
        "given": 0.03,
        "birth": 0.04,
    },
    "neighbours": {"postal": 1.0, "locality": 1.0, "region": 1.0, "street": 0.5},
    "contact": {"phone": 0.7, "email": 0.3, "postal": 0.3, "locality": 0.4, "region": 0.6},
    "namesakes": {"given": 0.95, "family": 0.95, "region": 0.3, "locality": 0.1},
}
"""The share of a match's agreement that each kind of different persons has; fields left out agree by chance.

In a household few have one given name (father and son) or one birthday (twins), and hardly any both.
"""


MOVED: Final[Mapping[str, float]] = {
    **dict.fromkeys(("given", "family", "birth", "email", "phone"), 1.0),
    "postal": 0.1,
    "locality": 0.4,
    "region": 0.8,
    "street": 0.02,
    "house": 0.02,
    "unit": 0.1,
}
"""The share of a match's agreement that is left between two records of one person from before and after a move."""

KINDS: Final[tuple[Mapping[str, float], ...]] = (MOVED, *RELATED.values())
SHARED: Final[Mapping[str, Column]] = {
    comparison.name: np.array([1.0, *(kind.get(comparison.name, 0.0) for kind in KINDS)]) for comparison in COMPARISONS
}
"""Per comparison the share of a match's agreement that each kind has: those who stayed, MOVED, and RELATED."""
MOVERS: Final = 0.1
"""Of the matches of a file that nobody has looked at yet."""
MATCHES: Final = 2
"""The kinds that are a match come first: stayed, and moved."""


@dataclass(frozen=True, slots=True)
class Grading:
    """One comparison's weights; place 0 of each is the unknown, which weighs nothing."""

    same: tuple[float, ...]
    other: tuple[float, ...]

    @property
    def chance(self) -> float:
        """How often two different persons have a value in common."""
        return self.other[EQUAL]


@dataclass(frozen=True, slots=True)
class Weights:
    """`match`, `moved` and `related` are shares of all pairs of records; the rest are strangers."""

    gradings: Mapping[str, Grading]
    match: float
    related: Mapping[str, float]
    moved: float = 0.0


@dataclass(frozen=True, slots=True)
class Judged:
    """Per pair what each kind has of the evidence: stayed, moved, then those of RELATED."""

    kinds: npt.NDArray[np.float64]

    @property
    def probability(self) -> Column:
        """Of a match."""
        return np.asarray(self.kinds[:, :MATCHES].sum(axis=1))


def prior_weights(records: int, pairs: float) -> Weights:
    """What experience expects of a file before it is looked at: every fifth record has a partner."""
    gradings = {c.name: Grading((1.0, *c.same), (1.0, *c.other)) for c in COMPARISONS}
    matches = max(records * 0.2, 1.0) / pairs
    related = dict.fromkeys(RELATED, max(records * 0.1, 0.5) / pairs)
    return Weights(gradings, matches * (1 - MOVERS), related, matches * MOVERS)


def judge(pairs: Pairs, people: People, frequent: Frequencies, weights: Weights) -> Judged:
    """Bayes over the kinds of pair."""
    found = evidence(pairs, people, frequent)
    return Judged(weigh(found, weights).kinds[found.case])


def weigh(found: Evidence, weights: Weights) -> Judged:
    """Bayes over the kinds of pair, per case, of evidence that may be weighed again with other weights.

    Logarithms are taken of the outcomes, which are few, and not of the pairs.
    """
    logs = np.tile(np.log(shares_of(weights)), (len(found.example), 1))
    for seen in found.seen:
        logs += _logs(seen, found.frequent, weights)[seen.outcomes]
    return judged(logs, weights)


def shares_of(weights: Weights) -> Column:
    """Of all pairs, per kind."""
    return np.maximum([weights.match, weights.moved, *weights.related.values()], 1e-12)


def judged(logs: Matrix, weights: Weights) -> Judged:
    """`logs[pair, kind]`: the logarithm of the kind's share and of its evidence over the strangers'; is overwritten."""
    strangers = max(1.0 - float(shares_of(weights).sum()), 0.05)
    top = np.maximum(logs.max(axis=1), np.log(strangers))
    logs -= top[:, None]
    kinds = np.exp(logs, out=logs)
    kinds /= (kinds.sum(axis=1) + strangers * np.exp(-top))[:, None]
    return Judged(kinds)


def _logs(seen: Seen, frequent: Frequencies, weights: Weights) -> Matrix:
    grading = weights.gradings[seen.name]
    same = np.concatenate([grading.same, np.full(len(seen.counts), grading.same[EQUAL])])
    other = np.concatenate([grading.other, frequent.share_of(seen.name, seen.counts, grading.chance)])
    return logs_of(same / other, SHARED[seen.name])


def logs_of(ratio: Column, shared: Column) -> Matrix:
    """`[outcome, kind]`: how much likelier each kind of pair makes the outcome than strangers do."""
    return np.asarray(np.log(shared * ratio[:, None] + (1 - shared)))
