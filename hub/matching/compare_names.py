"""Two names: equal, a typing error apart, a nickname, an initial, one of two surnames, heard alike, exchanged."""

from __future__ import annotations

import numpy as np

from hub.matching.columns import Codes, People
from hub.matching.comparisons import BY_NAME, Comparison
from hub.matching.similarity import (
    Grades,
    Mask,
    graded_where_known,
    have_in_common,
    jaro_winkler,
    typing_errors,
)
from hub.matching.traits import SHORT_WORD, NameTraits

CLOSE = 0.93 - 2e-8
"""A likeness is a sum of fractions: what is 0.93 by them may be a trifle less as a number."""
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
    return graded_where_known(left, right, lambda a, b: grader(names, a, b))


def _given(names: NameTraits, a: Codes, b: Codes) -> Grades:
    grade = BY_NAME["given"].grade
    grades, close = _by_spelling(names, a, b, BY_NAME["given"])
    same_letter = names.first_letter[a] == names.first_letter[b]
    alone = names.initial[a] | names.initial[b]
    variant = ~alone & ((names.first_word[a] == names.first_word[b]) | (names.sound[a] == names.sound[b]))
    # Who has no full name but his own is short for nobody else's.
    open_ = np.flatnonzero(~alone & ~variant & ~close & (names.fulls[a] + names.fulls[b] > 2))
    variant[open_] = have_in_common(names.full[a[open_]], names.full[b[open_]])
    several = np.flatnonzero((names.several[a] | names.several[b]) & ~alone & ~variant)
    variant[several] = have_in_common(names.words[a[several]], names.words[b[several]])
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
    grades[several[have_in_common(names.words[a[several]], names.words[b[several]])]] = grade("part")
    grades[close] = grade("close")
    grades[_equal(names, a, b)] = grade("equal")
    return grades


def _by_spelling(names: NameTraits, a: Codes, b: Codes, comparison: Comparison) -> tuple[Grades, Mask]:
    """`similar` or `different`, and which are close."""
    left, right = names.cores[a], names.cores[b]
    likeness, errors = jaro_winkler(left, right, SIMILAR), typing_errors(left, right, 2)
    shorter = np.minimum(names.length[a], names.length[b])
    grades = np.full(len(a), comparison.grade("different"), np.uint8)
    grades[likeness >= SIMILAR] = comparison.grade("similar")
    close = (likeness >= CLOSE) | (errors <= 1) | ((errors == 2) & (shorter >= LONG))
    return grades, close & (shorter >= SHORT_WORD)


def _equal(names: NameTraits, a: Codes, b: Codes) -> Mask:
    return np.asarray((names.core[a] == names.core[b]) | (names.compact[a] == names.compact[b]))
