"""How frequent each value is among persons: a shared rare value says more than a shared frequent one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import overload

import numpy as np
import numpy.typing as npt

from hub.matching.columns import ABSENT, Codes, People
from hub.matching.names import name_parts

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Frequencies:
    """`counts[field][code]`: of how many persons; `known[field]`: how many persons have the field at all."""

    counts: Mapping[str, Counts]
    known: Mapping[str, int]

    def shares(self, field: str, codes: Codes, chance: float) -> npt.NDArray[np.float64]:
        """The chance that another person has the value that two records share; see `share_of`."""
        return self.share_of(field, self.counts[field][codes], chance)

    def share_of(self, field: str, counts: Counts, chance: float) -> npt.NDArray[np.float64]:
        """The chance that another person has a value of so many persons; see `share_of`."""
        return np.asarray(share_of(counts, self.known[field], chance))


@overload
def share_of(persons: int, known: int, chance: float) -> float: ...
@overload
def share_of(persons: Counts, known: int, chance: float) -> npt.NDArray[np.float64]: ...
def share_of(persons: int | Counts, known: int, chance: float) -> float | npt.NDArray[np.float64]:
    """The chance that another person has a value of so many `persons`, of whom so many are `known`.

    The persons beside the one at hand who have it, drawn to `chance`, the chance of two persons having any value
    in common, as far as there are too few to tell: where all values are about as frequent (birthdays), an
    accidental pair makes none of them frequent.
    """
    others = max(persons - 1, 0) if isinstance(persons, int) else np.maximum(persons - 1, 0)
    return (others + 1.0) / (known + 1.0 / chance)


def frequencies(people: People, person_of: Codes | None = None) -> Frequencies:
    """Count values once per person; who is who is not known at first (`person_of` None) and each record counts."""
    counts = {}
    known = {}
    for field, codes in people.codes.items():
        telling = _telling(people, field)
        records = np.flatnonzero(codes != ABSENT)
        values = telling[codes[records]].astype(np.int64)
        if person_of is not None:
            pairs = np.unique((values << 32) | person_of[records].astype(np.int64))
            values = pairs >> 32
        per_value = np.bincount(values, minlength=max(len(telling), 1))
        if person_of is None:
            per_value = np.where(per_value > 1, per_value - 1, per_value)
        counts[field] = per_value[telling] if len(telling) else np.zeros(1, np.int64)
        known[field] = max(len(values), 1)
    return Frequencies(counts, known)


def _telling(people: People, field: str) -> Codes:
    """The number under which values count as equal: names without their particles."""
    values = people.values(field)
    if field not in ("given", "family"):
        return np.arange(len(values), dtype=np.int32)
    seen: dict[str, int] = {}
    return np.array([seen.setdefault(name_parts(value).core, len(seen)) for value in values], dtype=np.int32)
