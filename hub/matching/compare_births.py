"""Two dates of birth: equal, day and month exchanged, a typing error apart, two parts in common, about that time."""

from __future__ import annotations

import numpy as np

from hub.matching.columns import Codes, People
from hub.matching.comparisons import BY_NAME
from hub.matching.similarity import Grades, graded_where_known, typing_errors


def compare_births(people: People, left: Codes, right: Codes) -> Grades:
    """Grades of the date of birth."""
    codes = people.codes["birth"]
    return graded_where_known(codes[left], codes[right], lambda a, b: _grades(people, a, b))


def _grades(people: People, a: Codes, b: Codes) -> Grades:
    grade, traits, values = BY_NAME["birth"].grade, people.births, people.values("birth")
    errors = typing_errors(traits.texts[a], traits.texts[b], 2)
    year = traits.year[a] == traits.year[b]
    month = traits.month[a] == traits.month[b]
    day = traits.day[a] == traits.day[b]
    exchanged = (traits.month[a] == traits.day[b]) & (traits.day[a] == traits.month[b])
    grades = np.full(len(a), grade("different"), np.uint8)
    grades[year | (errors == 2) | (abs(traits.year[a] - traits.year[b]) <= 1)] = grade("near")
    two_parts = year.astype(np.uint8) + month + day == 2
    grades[two_parts | (year & (errors == 2))] = grade("two_parts")
    grades[errors <= 1] = grade("close")
    grades[year & exchanged] = grade("swapped")
    grades[year & month & day] = grade("equal")
    for place in np.flatnonzero((traits.partial[a] | traits.partial[b]) & (a != b)).tolist():
        grades[place] = partial_grade(values[a[place]], values[b[place]])
    # One year or month in both is equality, which weighs by how many persons have the same.
    grades[a == b] = grade("equal")
    return grades


def partial_grade(x: str, y: str) -> int:
    """What two dates say of which one lacks the day, or month and day."""
    grade = BY_NAME["birth"].grade
    if any(c != d for c, d in zip(x, y, strict=True) if "-" not in (c, d)):
        return grade("near" if abs(int(x[:4]) - int(y[:4])) <= 1 else "different")
    return grade("near" if "-" in x[4:6] + y[4:6] else "two_parts")
