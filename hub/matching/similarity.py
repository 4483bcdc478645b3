"""Likeness of texts, pair by pair, many at a time."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from hub.matching.columns import ABSENT, Codes
from hub.matching.traits import Texts

Grades: TypeAlias = npt.NDArray[np.uint8]
Mask: TypeAlias = npt.NDArray[np.bool_]
Floats: TypeAlias = npt.NDArray[np.float64]
MANY = 1000
"""From so many pairs on it pays to look for equal ones."""
FLAGS_MOST = 16_000_000
"""Bytes."""
THREADS_FROM = 10_000
THREADS_MOST = 8


def jaro_winkler(left: Texts, right: Texts, least: float) -> Floats:
    """0 to 1; a common beginning weighs more. What is less than `least` is 0."""
    likeness: Floats = cpdist(
        left, right, scorer=JaroWinkler.similarity, score_cutoff=least, dtype=np.float64, workers=_workers(len(left))
    )
    return likeness


def typing_errors(left: Texts, right: Texts, most: int) -> npt.NDArray[np.uint8]:
    """Characters typed, left out, changed, or exchanged with their neighbour (optimal string alignment).

    More than `most` are `most` + 1.
    """
    errors: npt.NDArray[np.uint8] = cpdist(
        left, right, scorer=OSA.distance, score_cutoff=most, dtype=np.uint8, workers=_workers(len(left))
    )
    return errors


def _workers(pairs: int) -> int:
    """Threads pay for whole files, and would only be in the way of a look-up."""
    return min(os.cpu_count() or 1, THREADS_MOST) if pairs >= THREADS_FROM else 1


def graded_where_known(left: Codes, right: Codes, grade: Callable[[Codes, Codes], Grades]) -> Grades:
    """`grade` where both have a value, 0 elsewhere.

    Each pair of values is graded once, in the order of their numbers, and spread over all pairs that have it.
    """
    grades = np.zeros(len(left), np.uint8)
    known = np.flatnonzero((left != ABSENT) & (right != ABSENT))
    left, right = left[known], right[known]
    if not len(known):
        return grades
    if len(known) < MANY:
        grades[known] = grade(left, right)
        return grades
    low, high = np.minimum(left, right).astype(np.int64), np.maximum(left, right).astype(np.int64)
    span = int(high.max()) + 1
    grades[known] = _graded_once(low * span + high, span, grade)
    return grades


def _graded_once(pairs: npt.NDArray[np.int64], span: int, grade: Callable[[Codes, Codes], Grades]) -> Grades:
    """Of pairs of numbers below `span`, as one number each. Where a flag for every pair has room nothing is sorted."""
    if span * span <= FLAGS_MOST:
        grades = np.zeros(span * span, np.uint8)
        grades[pairs] = 1
        distinct = np.flatnonzero(grades)
        grades[distinct] = grade(*_apart(distinct, span))
        return grades[pairs]
    distinct, place = np.unique(pairs, return_inverse=True)
    return grade(*_apart(distinct, span))[place]


def _apart(pairs: npt.NDArray[np.int64], span: int) -> tuple[Codes, Codes]:
    low, high = np.divmod(pairs, span)
    return low.astype(np.int32), high.astype(np.int32)


def have_in_common(left: npt.NDArray[np.int32], right: npt.NDArray[np.int32]) -> Mask:
    """Which rows of two matrices have a number in common; negative ones stand for none."""
    found = np.zeros(len(left), np.bool_)
    for column in left.T:
        found |= ((column[:, None] == right) & (column[:, None] >= 0)).any(axis=1)
    return found
