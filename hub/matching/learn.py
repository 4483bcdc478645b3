"""Learn the weights without labels: expectation and maximisation over pairs that share a key, and over random ones.

What different persons have in common is seen in random pairs, of which hardly any is a match. What records of one
person have in common is learned from the pairs that share a key, each counted by its probability of being a match.
The prior of `comparisons.py` counts as so many observed pairs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from hub.matching.columns import People
from hub.matching.compare import PLACES, Pairs
from hub.matching.comparisons import COMPARISONS, Comparison
from hub.matching.evidence import evidence
from hub.matching.frequencies import Frequencies
from hub.matching.weights import MATCHES, MOVED, MOVERS, RELATED, Column, Grading, Judged, Weights, judge, weigh

ROUNDS = 25
SETTLED = 1e-4
MATCHES_OF_PRIOR = 40.0
PAIRS_OF_PRIOR = 3000.0
LEAST = 1e-9
DOUBTFUL = 1e-4
UNLIKELY_MOST = 30_000
MOVERS_MOST = 0.4
"""Of the matches; else what was learned are namesakes."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """What is learned from: `candidates` share a key, `random` are drawn blindly out of `pairs` in all.

    `told` holds, by place among the candidates, what a person decided: 1 for the same, 0 for different people.
    """

    people: People
    candidates: Pairs
    random: Pairs
    pairs: float
    told: Mapping[int, float] = field(default_factory=dict)


def learn(lesson: Lesson, frequent: Frequencies, weights: Weights) -> Weights:
    """Better weights than those given, after at most ROUNDS rounds."""
    strangers = _Strangers(lesson, frequent, weights)
    sample = sample_of(lesson, frequent, weights)
    found = evidence(sample.pairs, lesson.people, frequent, sample.told)
    times = np.bincount(found.case, sample.times, len(found.example))
    cases, told = sample.pairs.chosen(found.example), {int(found.case[at]): same for at, same in sample.told.items()}
    for _ in range(ROUNDS):
        before = weights
        judged = _corrected(weigh(found, weights), told)
        judged.kinds[:] *= times[:, None]
        weights = _improved(cases, lesson.pairs, strangers.other(weights), judged)
        if _distance(before, weights) < SETTLED:
            break
    return weights


@dataclass(frozen=True, slots=True)
class Sample:
    """Candidates that are looked at in each round; each stands for `times` of its like. `told` by place among them."""

    pairs: Pairs
    times: Column
    told: Mapping[int, float]


def sample_of(lesson: Lesson, frequent: Frequencies, weights: Weights) -> Sample:
    """All that may be a match or were decided about, and UNLIKELY_MOST of the others, which teach the related alone."""
    unlikely = judge(lesson.candidates, lesson.people, frequent, weights).probability < DOUBTFUL
    unlikely[list(lesson.told)] = False
    others = np.flatnonzero(unlikely)
    taken = others[:: max(1, -(-len(others) // UNLIKELY_MOST))]
    chosen = np.concatenate([np.flatnonzero(~unlikely), taken])
    times = np.ones(len(chosen))
    times[len(chosen) - len(taken) :] = len(others) / max(len(taken), 1)
    places = {int(place): at for at, place in enumerate(chosen)} if lesson.told else {}
    return Sample(lesson.candidates.chosen(chosen), times, {places[at]: same for at, same in lesson.told.items()})


class _Strangers:
    """What different persons have in common; only random pairs that might be a match are judged anew each round."""

    def __init__(self, lesson: Lesson, frequent: Frequencies, weights: Weights) -> None:
        doubtful = judge(lesson.random, lesson.people, frequent, weights).probability > DOUBTFUL
        chosen = lesson.random.chosen(doubtful)
        self._evidence = evidence(chosen, lesson.people, frequent)
        self._cases = chosen.chosen(self._evidence.example)
        self._times = np.bincount(self._evidence.case, minlength=len(self._cases))
        clear = lesson.random.chosen(~doubtful)
        self._counts = {c.name: _counted(c, clear, np.ones(len(clear))) for c in COMPARISONS}

    def other(self, weights: Weights) -> dict[str, tuple[float, ...]]:
        """Per comparison how often each grade is seen."""
        strangers = self._times * (1.0 - weigh(self._evidence, weights).probability)
        result = {}
        for c in COMPARISONS:
            counts = self._counts[c.name] + _counted(c, self._cases, strangers)
            result[c.name] = (1.0, *(float(share) for share in _blend(counts, c.other, PAIRS_OF_PRIOR)))
        return result


def strangers_of(lesson: Lesson, frequent: Frequencies, weights: Weights) -> Weights:
    """The given weights with what different persons have in common learned from the random pairs."""
    other = _Strangers(lesson, frequent, weights).other(weights)
    gradings = {name: Grading(grading.same, other[name]) for name, grading in weights.gradings.items()}
    return replace(weights, gradings=gradings)


def _corrected(judged: Judged, told: Mapping[int, float]) -> Judged:
    """A person's word counts before any probability."""
    for place, truth in told.items():
        matches = judged.kinds[place, :MATCHES].copy()
        judged.kinds[place] = 0.0
        if truth:
            judged.kinds[place, :MATCHES] = matches / matches.sum() if matches.sum() else (1.0, 0.0)
    return judged


def _improved(candidates: Pairs, pairs: float, strangers: Mapping[str, tuple[float, ...]], judged: Judged) -> Weights:
    gradings = {}
    for comparison in COMPARISONS:
        other = strangers[comparison.name]
        of = judged.kinds[:, 0] + judged.kinds[:, 1] * MOVED[comparison.name]
        counts = _counted(comparison, candidates, of)
        same = _plausible(comparison, _blend(counts, comparison.same, MATCHES_OF_PRIOR))
        gradings[comparison.name] = Grading((1.0, *_falling(comparison, same, other[1:])), other)
    totals = judged.kinds.sum(axis=0)
    matches = totals[:MATCHES].sum()
    movers = min((totals[1] + MATCHES_OF_PRIOR * MOVERS) / (matches + MATCHES_OF_PRIOR), MOVERS_MOST)
    match, *related = (float(share) for share in (np.append(matches, totals[MATCHES:]) + 1.0) / pairs)
    return Weights(gradings, match * (1 - movers), dict(zip(RELATED, related, strict=True)), match * movers)


def _counted(comparison: Comparison, pairs: Pairs, weight: Column) -> Column:
    grades = pairs.grades[:, PLACES[comparison.name]]
    return np.bincount(grades, weights=weight, minlength=len(comparison.grades) + 1)[1:].astype(np.float64)


def _blend(counts: Column, prior: tuple[float, ...], strength: float) -> Column:
    blended = counts + strength * np.array(prior)
    return np.asarray(np.maximum(blended / blended.sum(), LEAST))


def _plausible(comparison: Comparison, same: Column) -> Column:
    """The other grades get what `different` has too much."""
    different = same[-1]
    if different <= comparison.differing:
        return same
    bounded: Column = same * (1 - comparison.differing) / (1 - different)
    bounded[-1] = comparison.differing
    return bounded


def _falling(comparison: Comparison, same: Column, other: tuple[float, ...]) -> tuple[float, ...]:
    """Pool neighbours whose evidence would rise where it must fall (pool adjacent violators)."""
    pools: list[list[int]] = []
    for name in comparison.ordered:
        pools.append([comparison.grades.index(name)])
        while len(pools) > 1 and _ratio(pools[-1], same, other) > _ratio(pools[-2], same, other):
            last = pools.pop()
            pools[-1] += last
    learned = same.copy()
    for pool in pools:
        ratio = _ratio(pool, same, other)
        for place in pool:
            learned[place] = ratio * other[place]
    return tuple(float(share) for share in learned / learned.sum())


def _ratio(pool: list[int], same: Column, other: tuple[float, ...]) -> float:
    return float(sum(same[place] for place in pool)) / sum(other[place] for place in pool)


def _distance(before: Weights, after: Weights) -> float:
    return max(
        abs(x - y)
        for name, grading in after.gradings.items()
        for x, y in zip(before.gradings[name].same, grading.same, strict=True)
    )
