"""Pairs made ready for weighing: what a comparison saw is one of few outcomes, however many pairs saw it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from hub.matching.columns import People
from hub.matching.compare import EQUAL, PLACES, Pairs
from hub.matching.comparisons import COMPARISONS
from hub.matching.frequencies import Counts, Frequencies
from hub.matching.similarity import MANY

Outcomes: TypeAlias = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Seen:
    """What one comparison saw of each pair: a grade, or `grades` + k for equality in a value of `counts[k]` persons."""

    name: str
    outcomes: Outcomes
    grades: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of `pairs` pairs; comparisons that know nothing of any of them are left out. Depends on no weights."""

    pairs: int
    seen: tuple[Seen, ...]
    frequent: Frequencies


def evidence(pairs: Pairs, people: People, frequent: Frequencies) -> Evidence:
    """Taken once, and weighed as often as the weights change."""
    seen = []
    for comparison in COMPARISONS:
        grades = pairs.grades[:, PLACES[comparison.name]]
        if not grades.any():
            continue
        outcomes = grades.astype(np.int32)
        equal = np.flatnonzero(grades == EQUAL)
        codes = people.codes[comparison.name][pairs.left[equal]]
        counts, places = _distinct(frequent.counts[comparison.name][codes])
        first = len(comparison.grades) + 1
        outcomes[equal] = first + places
        seen.append(Seen(comparison.name, outcomes, first, counts))
    return Evidence(len(pairs), tuple(seen), frequent)


def _distinct(counts: Counts) -> tuple[Counts, npt.NDArray[np.intp]]:
    """Each value once, and where each is; of a few the search for equal ones would take longer than it spares."""
    if len(counts) < MANY:
        return counts, np.arange(len(counts))
    return np.unique(counts, return_inverse=True)
