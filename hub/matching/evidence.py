"""Pairs made ready for weighing: what a comparison saw is one of few outcomes, and many pairs are one case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from hub.matching.columns import People
from hub.matching.compare import EQUAL, PLACES, Pairs
from hub.matching.comparisons import COMPARISONS
from hub.matching.frequencies import Counts, Frequencies
from hub.matching.similarity import MANY

Outcomes: TypeAlias = npt.NDArray[np.int32]
Places: TypeAlias = npt.NDArray[np.int64]
NOBODY: Final[Mapping[int, float]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Seen:
    """What one comparison saw: a grade, or `grades` + k for equality in a value of `counts[k]` persons."""

    name: str
    outcomes: Outcomes
    grades: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of pairs; comparisons that know nothing of any of them are left out. Depends on no weights.

    Pairs of which every comparison saw the same are one case: `case[i]` is that of pair i, and `example[c]` is a pair
    that has case c. `seen` tells of cases.
    """

    case: Places
    example: Places
    seen: tuple[Seen, ...]
    frequent: Frequencies


def evidence(pairs: Pairs, people: People, frequent: Frequencies, apart: Mapping[int, float] = NOBODY) -> Evidence:
    """Taken once, and weighed as often as the weights change. The pairs at the places of `apart` share no case."""
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
    case, example = _cases(seen, len(pairs), apart)
    of_cases = (Seen(of.name, of.outcomes[example], of.grades, of.counts) for of in seen)
    return Evidence(case, example, tuple(of_cases), frequent)


def _cases(seen: Sequence[Seen], pairs: int, apart: Mapping[int, float]) -> tuple[Places, Places]:
    if pairs < MANY:
        return np.arange(pairs), np.arange(pairs)
    number = np.zeros(pairs, np.int64)
    number[list(apart)] = np.arange(1, len(apart) + 1)
    cases = len(apart) + 1
    for of in seen:
        outcomes = of.grades + len(of.counts)
        if cases * outcomes >= 2**62:
            number, cases = _renumbered(number)
        number, cases = number * outcomes + of.outcomes, cases * outcomes
    case, cases = _renumbered(number)
    example = np.empty(cases, np.int64)
    example[case] = np.arange(pairs)
    return case, example


def _renumbered(number: Places) -> tuple[Places, int]:
    distinct, place = np.unique(number, return_inverse=True)
    return place.astype(np.int64, copy=False), len(distinct)


def _distinct(counts: Counts) -> tuple[Counts, npt.NDArray[np.intp]]:
    """Each value once, and where each is; of a few the search for equal ones would take longer than it spares."""
    if len(counts) < MANY:
        return counts, np.arange(len(counts))
    return np.unique(counts, return_inverse=True)
