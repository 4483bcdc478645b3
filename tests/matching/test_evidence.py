"""Weighing by outcomes is weighing pair by pair, and what is sampled to learn from stands for what is not."""

from random import Random

import numpy as np
import pytest

from benchmarks.people.labelled import labelled_people
from hub.matching import learn
from hub.matching.columns import People, columns
from hub.matching.compare import EQUAL, PLACES, Pairs, compare
from hub.matching.comparisons import COMPARISONS, Comparison
from hub.matching.frequencies import Frequencies, frequencies
from hub.matching.learn import Lesson
from hub.matching.normalise import Notation, normalise
from hub.matching.weights import KINDS, Column, Weights, judge, prior_weights


@pytest.fixture(scope="module")
def people() -> People:
    return columns(normalise(one.written, Notation()) for one in labelled_people(300, 7))


@pytest.fixture(scope="module")
def pairs(people: People) -> Pairs:
    random = Random(3)
    drawn = [sorted(random.sample(range(len(people)), 2)) for _ in range(1500)]
    near = [[record, record + 1] for record in range(len(people) - 1)]
    left, right = np.array(drawn + near, np.int32).T
    return compare(people, left, right)


def likelihoods(
    pairs: Pairs, people: People, frequent: Frequencies, weights: Weights, comparison: Comparison
) -> tuple[Column, Column]:
    """Of each pair's grade: how often between records of one person, and between strangers."""
    grading = weights.gradings[comparison.name]
    grades = pairs.grades[:, PLACES[comparison.name]]
    same, other = np.array(grading.same)[grades], np.array(grading.other)[grades]
    equal = np.flatnonzero(grades == EQUAL)
    codes = people.codes[comparison.name][pairs.left[equal]]
    other[equal] = frequent.shares(comparison.name, codes, grading.chance)
    return same, other


def test_outcomes_weigh_what_each_pair_weighs_by_itself(people: People, pairs: Pairs) -> None:
    weights, frequent = prior_weights(len(people), 1e5), frequencies(people)
    shares = [weights.match, weights.moved, *weights.related.values()]
    odds = np.tile(shares, (len(pairs), 1))
    for comparison in COMPARISONS:
        same, other = likelihoods(pairs, people, frequent, weights, comparison)
        parts = np.array([1.0, *(kind.get(comparison.name, 0.0) for kind in KINDS)])
        odds *= parts * (same / other)[:, None] + 1 - parts
    expected = odds / (odds.sum(axis=1) + 1 - sum(shares))[:, None]
    np.testing.assert_allclose(judge(pairs, people, frequent, weights).kinds, expected, rtol=1e-9, atol=1e-300)


def test_a_sample_counts_as_many_pairs_as_there_are_and_holds_all_that_matter(
    people: People, pairs: Pairs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learn, "UNLIKELY_MOST", 100)
    weights, frequent = prior_weights(len(people), 1e5), frequencies(people)
    unlikely = judge(pairs, people, frequent, weights).probability < learn.DOUBTFUL
    decided = int(np.flatnonzero(unlikely)[1])
    sample = learn.sample_of(Lesson(people, pairs, pairs, 1e5, {decided: 1.0}), frequent, weights)
    assert sample.times.sum() == pytest.approx(len(pairs))
    assert len(sample.pairs) <= np.count_nonzero(~unlikely) + 100 + 1
    (place,) = sample.told
    assert (sample.pairs.left[place], sample.pairs.right[place]) == (pairs.left[decided], pairs.right[decided])
    assert sample.times[place] == 1.0
