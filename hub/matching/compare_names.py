"""Two names: equal, a typing error apart, a nickname, an initial, one of two surnames, heard alike, exchanged."""

from __future__ import annotations

import numpy as np

from hub.matching.columns import Codes, People
from hub.matching.comparisons import BY_NAME, Comparison
from hub.matching.similarity import (
    Grades,
    Mask,
    graded_where_known,
    jaro_winkler,
    look_up,
    share_word,
    typing_errors,
)
from hub.matching.traits import FULL_NAMES_MAX, SHORT_WORD, NameTraits

CLOSE = 0.93
SIMILAR = 0.84
LONG = 8
"""From this many letters on a name may hold two typing errors and be close."""


def compare_names(people: People, left: Codes, right: Codes) -> tuple[Grades, Grades]:
    """Grades of given and family name; where each resembles the other's other one only, both are `crossed`."""
    given, family = people.codes["given"], people.codes["family"]
    straight_given = _grades(people, given[left], given[right], BY_NAME["given"])
    straight_family = _grades(people, family[left], family[right], BY_NAME["family"])
    at = np.flatnonzero(~(_strong(straight_given) | _strong(straight_family)))
    there = _grades(people, given[left[at]], family[right[at]], BY_NAME["given"])
    back = _grades(people, family[left[at]], given[right[at]], BY_NAME["given"])
    both = _strong(there) & _strong(back)
    one = (_strong(there) & (back == 0)) | (_strong(back) & (there == 0))
    straight_given[at[both]] = BY_NAME["given"].grade("crossed")
    straight_given[at[one]] = 0
    straight_family[at[both | one]] = BY_NAME["family"].grade("crossed")
    return straight_given, straight_family


def _strong(grades: Grades) -> Mask:
    """Equal or close; these two have the same numbers in both comparisons."""
    return np.asarray((grades == 1) | (grades == 2))


def _grades(people: People, left: Codes, right: Codes, comparison: Comparison) -> Grades:
    names = people.names
    grader = _given if comparison.name == "given" else _family
    return graded_where_known(left, right, len(names.cores), lambda a, b: grader(names, a, b))


def _given(names: NameTraits, a: Codes, b: Codes) -> Grades:
    grade = BY_NAME["given"].grade
    grades, close = _by_spelling(names, a, b, BY_NAME["given"])
    same_letter = names.first_letter[a] == names.first_letter[b]
    alone = names.initial[a] | names.initial[b]
    variant = ~alone & ((names.first_word[a] == names.first_word[b]) | (names.sound[a] == names.sound[b]))
    open_ = np.flatnonzero(~alone & ~variant & ~close)
    variant[open_] = _short_forms(names, a[open_], b[open_])
    several = np.flatnonzero((names.several[a] | names.several[b]) & ~alone & ~variant)
    variant[several] = share_word(names.words, a[several], b[several])
    grades[variant] = grade("variant")
    grades[alone] = grade("different")
    grades[alone & same_letter] = grade("initial")
    grades[close & ~alone] = grade("close")
    grades[_equal(names, a, b)] = grade("equal")
    return grades


def _family(names: NameTraits, a: Codes, b: Codes) -> Grades:
    grade = BY_NAME["family"].grade
    grades, close = _by_spelling(names, a, b, BY_NAME["family"])
    grades[names.sound[a] == names.sound[b]] = grade("sound")
    several = np.flatnonzero(names.several[a] | names.several[b])
    grades[several[share_word(names.words, a[several], b[several])]] = grade("part")
    grades[close] = grade("close")
    grades[_equal(names, a, b)] = grade("equal")
    return grades


def _by_spelling(names: NameTraits, a: Codes, b: Codes, comparison: Comparison) -> tuple[Grades, Mask]:
    """`similar` or `different`, and which are close."""
    left, right = look_up(names.cores, a), look_up(names.cores, b)
    likeness, errors = jaro_winkler(left, right), typing_errors(left, right)
    shorter = np.minimum(names.length[a], names.length[b])
    grades = np.full(len(a), comparison.grade("different"), np.uint8)
    grades[likeness >= SIMILAR] = comparison.grade("similar")
    close = (likeness >= CLOSE) | (errors <= 1) | ((errors == 2) & (shorter >= LONG))
    return grades, close & (shorter >= SHORT_WORD)


def _equal(names: NameTraits, a: Codes, b: Codes) -> Mask:
    return np.asarray((names.core[a] == names.core[b]) | (names.compact[a] == names.compact[b]))


def _short_forms(names: NameTraits, a: Codes, b: Codes) -> Mask:
    """Which pairs may be short for one name."""
    found = np.zeros(len(a), np.bool_)
    ours, theirs = names.full[a], names.full[b]
    for place in range(FULL_NAMES_MAX):
        one = ours[:, place, None]
        found |= ((one == theirs) & (one >= 0)).any(axis=1)
    return found
