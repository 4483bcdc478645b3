"""Pairs of a few persons judged at once, with weights that were learned before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from hub.matching.columns import People, columns
from hub.matching.compare import PLACES, compare
from hub.matching.comparisons import BY_NAME
from hub.matching.frequencies import Frequencies
from hub.matching.person import Person
from hub.matching.score import Commonness, telling_value
from hub.matching.weights import Weights, judge

IDENTIFYING: Final = ("given", "family", "birth")
"""What contradicts: an address, a mailbox or a phone may change, these hardly do."""
SUREST_BITS: Final = 40.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """`bits` are the logarithm of the odds, rounded so that it does not hang on who else was judged with the pair."""

    probability: float
    bits: float
    contradicted: bool


def judge_pairs(
    persons: Sequence[Person], pairs: Sequence[tuple[int, int]], weights: Weights, common: Commonness
) -> list[Judgement]:
    """One judgement per pair of places in `persons`."""
    if not pairs:
        return []
    people = columns(persons)
    left, right = (np.array(side, np.int32) for side in zip(*pairs, strict=True))
    graded = compare(people, left, right)
    probability = judge(graded, people, _frequencies(people, common), weights).probability
    bits = np.log2(np.maximum(probability, 2**-SUREST_BITS)) - np.log2(np.maximum(1 - probability, 2**-SUREST_BITS))
    contradicted = np.zeros(len(pairs), np.bool_)
    for name in IDENTIFYING:
        contradicted |= graded.grades[:, PLACES[name]] == BY_NAME[name].grade("different")
    return [
        Judgement(p, round(b, 1), c)
        for p, b, c in zip(probability.tolist(), bits.tolist(), contradicted.tolist(), strict=True)
    ]


def _frequencies(people: People, common: Commonness) -> Frequencies:
    counts = {}
    for field in Person._fields:
        values = people.values(field)
        held = [common.persons.get((field, telling_value(field, value)), 1) for value in values]
        counts[field] = np.array(held or [1], np.int64)
    return Frequencies(counts, common.known)


def told_values(persons: Sequence[Person]) -> set[tuple[str, str]]:
    """The values whose frequency the judgement asks for, by field."""
    return {
        (field, telling_value(field, value))
        for person in persons
        for field, value in zip(Person._fields, person, strict=True)
        if value
    }
