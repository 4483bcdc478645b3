"""Two addresses, mailboxes or phones."""

from __future__ import annotations

import numpy as np

from hub.matching.columns import Codes, People
from hub.matching.comparisons import BY_NAME
from hub.matching.similarity import (
    Grades,
    graded_where_known,
    have_in_common,
    jaro_winkler,
    typing_errors,
)

SHORT = 3
"""A street or place of so few letters is not close to another for one typing error."""
CLOSE = 0.92
LONG = 8
MAIL_LONGER = 12
MAIL_LONG = 5
"""A shorter local part (info, jan) is many people's."""


def compare_words(people: People, field: str, left: Codes, right: Codes) -> Grades:
    """Street, unit or locality against itself."""
    return _words(people, field, people.codes[field][left], people.codes[field][right])


def compare_streets(people: People, left: Codes, right: Codes) -> Grades:
    """Grades of the street; a street that stands in the other's unit field is `crossed`."""
    street, unit = people.codes["street"], people.codes["unit"]
    comparison = BY_NAME["street"]
    grades = compare_words(people, "street", left, right)
    at = np.flatnonzero(grades == comparison.grade("different"))
    at = at[people.words["street"].length[street[left[at]]] > SHORT]
    if len(at):
        there = _words(people, "street", street[left[at]], unit[right[at]])
        back = _words(people, "street", unit[left[at]], street[right[at]])
        grades[at[(there == 1) | (there == 2) | (back == 1) | (back == 2)]] = comparison.grade("crossed")
    return grades


def _words(people: People, field: str, left: Codes, right: Codes) -> Grades:
    comparison, traits = BY_NAME[field], people.words[field]

    def grade(a: Codes, b: Codes) -> Grades:
        grades = np.full(len(a), comparison.grade("different"), np.uint8)
        if "part" in comparison.grades:
            grades[have_in_common(traits.words[a], traits.words[b])] = comparison.grade("part")
        texts = traits.texts[a], traits.texts[b]
        errors, likeness = typing_errors(*texts, 2), jaro_winkler(*texts, CLOSE)
        shorter = np.minimum(traits.length[a], traits.length[b])
        alike = (likeness >= CLOSE) | ((errors <= 1) & (shorter > SHORT)) | ((errors <= 2) & (shorter >= LONG))
        grades[alike & (shorter > 1)] = comparison.grade("close")
        grades[a == b] = comparison.grade("equal")
        return grades

    return graded_where_known(left, right, grade)


def compare_codes(people: People, field: str, left: Codes, right: Codes) -> Grades:
    """Region, postal code, house number or phone."""
    comparison, traits = BY_NAME[field], people.numbers[field]

    def grade(a: Codes, b: Codes) -> Grades:
        grades = np.full(len(a), comparison.grade("different"), np.uint8)
        if "close" in comparison.grades:
            if "area" in comparison.grades:
                grades[traits.area[a] == traits.area[b]] = comparison.grade("area")
            errors = typing_errors(traits.texts[a], traits.texts[b], 1)
            grades[(errors <= 1) & (traits.length[a] + traits.length[b] > 2)] = comparison.grade("close")
        grades[a == b] = comparison.grade("equal")
        return grades

    return graded_where_known(people.codes[field][left], people.codes[field][right], grade)


def compare_mails(people: People, left: Codes, right: Codes) -> Grades:
    """E-mail addresses; one mailbox name at two providers is often one person.

    Names stand in mailboxes, so those of a family resemble each other: close is only a slip of a key in a mailbox with
    the same digits and first letter.
    """
    comparison, traits = BY_NAME["email"], people.mails

    def grade(a: Codes, b: Codes) -> Grades:
        shorter = np.minimum(traits.length[a], traits.length[b])
        long = shorter >= MAIL_LONG
        errors = typing_errors(traits.locals[a], traits.locals[b], 2)
        alike = ((errors <= 1) | ((errors == 2) & (shorter >= MAIL_LONGER))) & (traits.marks[a] == traits.marks[b])
        grades = np.full(len(a), comparison.grade("different"), np.uint8)
        grades[alike & long] = comparison.grade("close")
        grades[(traits.local[a] == traits.local[b]) & long] = comparison.grade("local_part")
        grades[a == b] = comparison.grade("equal")
        return grades

    codes = people.codes["email"]
    return graded_where_known(codes[left], codes[right], grade)
