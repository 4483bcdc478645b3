"""What comparing needs of each distinct value, worked out once: per value, not per pair."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from hub.matching.names import name_parts
from hub.matching.nicknames import full_names

Numbers = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
SHORT_WORD = 3
FULL_NAMES_MAX = 8


class _Numbering(dict[str, int]):
    """Numbers texts in order of appearance."""

    def __missing__(self, text: str) -> int:
        self[text] = number = len(self)
        return number


class NameTraits:
    """Per name: its telling words, their sound and first letter, and the full names it may be short for."""

    def __init__(self, values: Sequence[str]) -> None:
        numbering = _Numbering()
        parts = [name_parts(value) for value in values]
        self.cores = [part.core for part in parts]
        self.core = _numbers(numbering[part.core] for part in parts)
        self.compact = _numbers(numbering[part.compact] for part in parts)
        self.sound = _numbers(numbering[part.sound] for part in parts)
        self.first_word = _numbers(numbering[part.words[0]] for part in parts)
        self.first_letter = _numbers(ord(part.core[0]) for part in parts)
        self.length = _numbers(len(core) for core in self.cores)
        self.initial = _flags(len(part.words[0]) == 1 for part in parts)
        self.several = _flags(len(part.words) > 1 for part in parts)
        self.words = [frozenset(word for word in part.words if len(word) >= SHORT_WORD) for part in parts]
        self.full = np.full((len(parts), FULL_NAMES_MAX), -1, np.int32)
        for row, part in enumerate(parts):
            fulls = sorted(full_names(part.words[0]))[:FULL_NAMES_MAX]
            self.full[row, : len(fulls)] = [numbering[full] for full in fulls]


class WordTraits:
    """Per text: its length and the words that tell; of several words the last, the kind of street, does not."""

    def __init__(self, values: Sequence[str]) -> None:
        self.length = _numbers(len(value) for value in values)
        words = [value.split() for value in values]
        self.words = [
            frozenset(word for word in (of[:-1] if len(of) > 1 else of) if len(word) > SHORT_WORD) for of in words
        ]


class BirthTraits:
    """Per date of birth its parts as numbers; `partial` where one is unknown."""

    def __init__(self, values: Sequence[str]) -> None:
        self.partial = _flags("-" in value for value in values)
        whole = ["0" * 8 if partial else value for value, partial in zip(values, self.partial, strict=True)]
        self.year = _numbers(int(value[:4]) for value in whole)
        self.month = _numbers(int(value[4:6]) for value in whole)
        self.day = _numbers(int(value[6:]) for value in whole)


class MailTraits:
    """Per address what stands before the @; `marks` are its first letter and its digits."""

    def __init__(self, values: Sequence[str]) -> None:
        numbering = _Numbering()
        self.locals = [value.partition("@")[0] for value in values]
        self.local = _numbers(numbering[local] for local in self.locals)
        self.length = _numbers(len(local) for local in self.locals)
        self.marks = _numbers(numbering[local[:1] + "".join(filter(str.isdigit, local))] for local in self.locals)


def _numbers(values: Iterable[int]) -> Numbers:
    return np.fromiter(values, np.int32)


def _flags(values: Iterable[bool]) -> Flags:
    return np.fromiter(values, np.bool_)
