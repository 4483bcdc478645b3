"""One person against some others, with weights that were learned before: a probability, and what each field said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log2
from typing import Final

import numpy as np

from hub.matching.compare import EQUAL
from hub.matching.comparisons import COMPARISONS
from hub.matching.frequencies import share_of
from hub.matching.grade import Graded, grade
from hub.matching.names import name_parts
from hub.matching.person import Person
from hub.matching.weights import MOVED, SHARED, Matrix, Weights, judged, logs_of, shares_of

NAMES: Final = ("given", "family")
_SHARED: Final = np.array([SHARED[comparison.name] for comparison in COMPARISONS])
_FIRST: Final = np.cumsum([0, *(len(comparison.grades) + 1 for comparison in COMPARISONS[:-1])])
"""Where the grades of each comparison begin among those of all."""


@dataclass(frozen=True, slots=True)
class FieldScore:
    """What one comparison said: its grade and the weight of it in bits; negative bits speak against a match."""

    field: str
    grade: str
    bits: float


@dataclass(frozen=True, slots=True)
class Score:
    """The probability that two records are one person; fields that one side lacks are left out."""

    probability: float
    fields: tuple[FieldScore, ...]


@dataclass(frozen=True, slots=True)
class Commonness:
    """Of how many persons each value is (`persons[field, value]`, 1 if not held), and how many have the field."""

    persons: Mapping[tuple[str, str], int]
    known: Mapping[str, int]


def telling_value(field: str, value: str) -> str:
    """The value under which the frequency of `value` is kept: a name without its particles."""
    return name_parts(value).core if field in NAMES and value else value


class Scales:
    """Weights made ready for one person after another: what each grade adds to the logarithm of each kind of pair.

    What equality adds hangs on the person's own values, and is worked out for each.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._shares = np.log(shares_of(weights))
        self._gradings = [weights.gradings[comparison.name] for comparison in COMPARISONS]
        self._logs = np.concatenate(
            [
                logs_of(np.array(grading.same) / np.array(grading.other), shared)
                for grading, shared in zip(self._gradings, _SHARED, strict=True)
            ]
        )
        self._equal = np.array([grading.same[EQUAL] for grading in self._gradings])

    def score(self, person: Person, others: Sequence[Person], common: Commonness, least: float) -> dict[int, Score]:
        """By place in `others`, those who are the person with a probability of `least` at least."""
        if not others:
            return {}
        graded = [grade(person, other) for other in others]
        chances = self._chances(person, common)
        kinds = judged(self._summed(graded, chances), self._weights)
        probability = kinds.probability.tolist()
        moved = (kinds.kinds[:, 1] > kinds.kinds[:, 0]).tolist()
        return {
            place: Score(of, self._explained(graded[place], chances, moved=moved[place]))
            for place, of in enumerate(probability)
            if of >= least
        }

    def _chances(self, person: Person, common: Commonness) -> list[float]:
        """Per comparison how often a stranger has the person's value."""
        chances = []
        for comparison, grading in zip(COMPARISONS, self._gradings, strict=True):
            name: str = comparison.name
            value: str = getattr(person, name)
            persons = common.persons.get((name, telling_value(name, value)), 1) if value else 1
            chances.append(share_of(persons, common.known[name], grading.chance))
        return chances

    def _summed(self, graded: Sequence[Graded], chances: Sequence[float]) -> Matrix:
        of_grade = self._logs.copy()
        of_grade[_FIRST + EQUAL] = logs_of(self._equal / np.array(chances), _SHARED)
        logs = np.tile(self._shares, (len(graded), 1))
        for rows in np.array(graded).T + _FIRST[:, None]:
            logs += of_grade[rows]
        return logs

    def _explained(self, graded: Graded, chances: Sequence[float], *, moved: bool) -> tuple[FieldScore, ...]:
        """Of those who probably moved, what the old address says after a move."""
        fields = []
        for comparison, grading, number, chance in zip(COMPARISONS, self._gradings, graded, chances, strict=True):
            if number:
                other = chance if number == EQUAL else grading.other[number]
                left = MOVED[comparison.name] if moved else 1.0
                bits = log2(left * grading.same[number] / other + 1 - left)
                fields.append(FieldScore(comparison.name, comparison.grades[number - 1], round(bits, 2)))
        return tuple(fields)
