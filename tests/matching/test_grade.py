"""Pair by pair, for a look-up, and by columns, for a file, are one engine: grades and probabilities are equal."""

from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.people.labelled import labelled_people
from hub.matching.columns import columns
from hub.matching.compare import compare
from hub.matching.frequencies import frequencies
from hub.matching.grade import grade
from hub.matching.normalise import Notation, normalise
from hub.matching.pairs_of import judge_pairs
from hub.matching.person import Person
from hub.matching.score import Commonness, Scales, telling_value
from hub.matching.weights import prior_weights


@pytest.fixture(scope="module")
def persons() -> list[Person]:
    """One person's records stand beside each other."""
    labelled = sorted(labelled_people(1200, 11), key=lambda one: one.person)
    return [normalise(one.written, Notation()) for one in labelled]


def graded_by_columns(one: Person, others: list[Person]) -> list[tuple[int, ...]]:
    people = columns([one, *others])
    right = np.arange(1, len(people), dtype=np.int32)
    return [tuple(row) for row in compare(people, np.zeros(len(others), np.int32), right).grades.tolist()]


def test_generated_people_are_graded_alike(persons: list[Person]) -> None:
    random = Random(5)
    seen: list[set[int]] = [set() for _ in range(11)]
    for place in range(0, len(persons), 4):
        near = persons[max(place - 8, 0) : place + 8]
        others = near + random.sample(persons, 20)
        found = [grade(persons[place], other) for other in others]
        assert found == graded_by_columns(persons[place], others)
        for row in found:
            for grades, one in zip(seen, row, strict=True):
                grades.add(one)
    assert min(map(len, seen)) >= 3, "hardly any grade occurs"


_NAMES = st.lists(
    st.sampled_from(["jan", "j", "kees", "cornelis", "de", "vries", "vires", "van", "den", "berg", "vandenberg", "aa"]),
    max_size=4,
).map(" ".join)
_WORDS = st.lists(st.sampled_from(["kerk", "kerkstraat", "krekstraat", "laan", "2", "a", "hs"]), max_size=3).map(
    " ".join
)
_CODES = st.sampled_from(["", "1", "2", "12", "1234ab", "1234ac", "1243ab", "9999zz", "612345678", "612345687"])
_BIRTHS = st.sampled_from(
    ["", "19850304", "19850403", "19850314", "1985----", "198503--", "19551304", "19840101", "20011231", "198504--"]
)
_MAILS = st.sampled_from(
    [
        "",
        "jan@a",
        "jan@b",
        "jandevries1@a",
        "jandevrise1@a",
        "jandevries2@a",
        "info@a",
        "@a",
        "jandevries@a",
        "jvries@b",
        "jandevires@a",
    ]
)


@given(
    st.builds(Person, _NAMES, _NAMES, _BIRTHS, _WORDS, _CODES, _WORDS, _WORDS, _CODES, _CODES, _MAILS, _CODES),
    st.builds(Person, _NAMES, _NAMES, _BIRTHS, _WORDS, _CODES, _WORDS, _WORDS, _CODES, _CODES, _MAILS, _CODES),
)
def test_whatever_two_records_hold_is_graded_alike(one: Person, other: Person) -> None:
    assert [grade(one, other)] == graded_by_columns(one, [other])


def test_a_look_up_scores_as_the_columns_do(persons: list[Person]) -> None:
    weights, people = prior_weights(len(persons), 1e5), columns(persons)
    frequent = frequencies(people)
    held = {
        (field, telling_value(field, value)): int(frequent.counts[field][code])
        for field in Person._fields
        for code, value in enumerate(people.values(field))
    }
    common, scales, likely = Commonness(held, frequent.known), Scales(weights), 0
    for place in range(0, len(persons), 20):
        others = persons[max(place - 6, 0) : place] + persons[place + 1 : place + 7]
        pairs = [(0, number) for number in range(1, len(others) + 1)]
        expected = [one.probability for one in judge_pairs([persons[place], *others], pairs, weights, common)]
        assert [one.probability for one in scales.score(persons[place], others, common, 0.0).values()] == expected
        sure = scales.score(persons[place], others, common, 0.5)
        assert list(sure) == [number for number, of in enumerate(expected) if of >= 0.5]
        likely += len(sure)
    assert likely > 10, "hardly anybody is met again"
