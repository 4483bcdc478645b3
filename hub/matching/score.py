"""One person against some others, with weights that were learned before: a probability, and what each field said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from hub.matching.columns import People, columns
from hub.matching.compare import PLACES, Pairs, compare
from hub.matching.comparisons import COMPARISONS
from hub.matching.frequencies import Frequencies
from hub.matching.names import name_parts
from hub.matching.person import Person
from hub.matching.similarity import Mask
from hub.matching.weights import MOVED, Weights, judge, likelihoods

NAMES: Final = ("given", "family")


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


def score(
    person: Person, others: Sequence[Person], weights: Weights, common: Commonness, least: float
) -> dict[int, Score]:
    """By place in `others`, those who are the person with a probability of `least` at least."""
    if not others:
        return {}
    people = columns((person, *others))
    right = np.arange(1, len(others) + 1, dtype=np.int32)
    pairs = compare(people, np.zeros(len(others), np.int32), right)
    frequent = _frequencies(people, person, common)
    judged = judge(pairs, people, frequent, weights)
    probability = judged.probability
    chosen = probability >= least
    moved = judged.kinds[chosen, 1] > judged.kinds[chosen, 0]
    fields = _explained(pairs.chosen(chosen), people, frequent, weights, moved)
    places = np.flatnonzero(chosen).tolist()
    return {place: Score(float(probability[place]), of) for place, of in zip(places, fields, strict=True)}


def _explained(
    pairs: Pairs, people: People, frequent: Frequencies, weights: Weights, moved: Mask
) -> list[tuple[FieldScore, ...]]:
    """Of those who probably moved, what the old address says after a move."""
    fields: list[list[FieldScore]] = [[] for _ in range(len(pairs))]
    for comparison in COMPARISONS:
        grades = pairs.grades[:, PLACES[comparison.name]]
        if grades.any():
            same, other = likelihoods(pairs, people, frequent, weights, comparison)
            left = np.where(moved, MOVED[comparison.name], 1.0)
            for place, bits in enumerate(np.log2(left * same / other + 1 - left).tolist()):
                if grades[place]:
                    grade = comparison.grades[grades[place] - 1]
                    fields[place].append(FieldScore(comparison.name, grade, round(bits, 2)))
    return [tuple(of) for of in fields]


def _frequencies(people: People, person: Person, common: Commonness) -> Frequencies:
    """Only values that the person has can be equal, so no others' frequencies are asked for."""
    counts = {}
    for field, value in zip(Person._fields, person, strict=True):
        of_field = np.ones(max(len(people.values(field)), 1), np.int64)
        if value:
            held = common.persons.get((field, telling_value(field, value)), 1)
            of_field[people.codes[field][0]] = held
        counts[field] = of_field
    return Frequencies(counts, common.known)
