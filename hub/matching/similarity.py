"""Likeness of texts, pair by pair, many at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from hub.matching.columns import ABSENT, Codes

Grades: TypeAlias = npt.NDArray[np.uint8]
Mask: TypeAlias = npt.NDArray[np.bool_]
Floats: TypeAlias = npt.NDArray[np.float32]
SPARSE = 4
THREADS_FROM = 10_000
THREADS_MOST = 8


def jaro_winkler(left: Sequence[str], right: Sequence[str]) -> Floats:
    """0 to 1; a common beginning weighs more."""
    likeness: Floats = cpdist(left, right, scorer=JaroWinkler.similarity, dtype=np.float32, workers=_workers(len(left)))
    return likeness


def typing_errors(left: Sequence[str], right: Sequence[str]) -> npt.NDArray[np.uint8]:
    """Characters typed, left out, changed, or exchanged with their neighbour (optimal string alignment), at most 4."""
    errors: npt.NDArray[np.uint8] = cpdist(
        left, right, scorer=OSA.distance, score_cutoff=4, dtype=np.uint8, workers=_workers(len(left))
    )
    return errors


def _workers(pairs: int) -> int:
    """Threads pay for whole files, and would only be in the way of a look-up."""
    return min(os.cpu_count() or 1, THREADS_MOST) if pairs >= THREADS_FROM else 1


def graded_where_known(left: Codes, right: Codes, distinct: int, grade: Callable[[Codes, Codes], Grades]) -> Grades:
    """`grade` where both have a value, 0 elsewhere.

    Where the `distinct` values are few, each pair of them is graded once and spread over all pairs that have it.
    """
    grades = np.zeros(len(left), np.uint8)
    known = np.flatnonzero((left != ABSENT) & (right != ABSENT))
    left, right = left[known], right[known]
    if not len(known):
        return grades
    if distinct * distinct > SPARSE * len(known):
        grades[known] = grade(left, right)
        return grades
    low, high = np.minimum(left, right).astype(np.int64), np.maximum(left, right).astype(np.int64)
    pairs, place = np.unique((low << 32) | high, return_inverse=True)
    grades[known] = grade((pairs >> 32).astype(np.int32), (pairs & 0xFFFFFFFF).astype(np.int32))[place]
    return grades


def look_up(values: Sequence[str], codes: Codes) -> list[str]:
    """The texts behind the numbers."""
    return [values[code] for code in codes.tolist()]


def share_word(words: Sequence[frozenset[str]], left: Codes, right: Codes) -> Mask:
    """Which pairs have a word in common."""
    pairs = zip(left.tolist(), right.tolist(), strict=True)
    return np.fromiter((not words[a].isdisjoint(words[b]) for a, b in pairs), np.bool_, len(left))
