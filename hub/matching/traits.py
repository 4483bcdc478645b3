"""What comparing needs of each distinct value, worked out once: per value, not per pair."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from hub.matching.names import name_parts
from hub.matching.nicknames import full_names

Numbers = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Texts: TypeAlias = npt.NDArray[np.object_]
"""Of str."""
SHORT_WORD = 3
FULL_NAMES_MAX = 16
WORDS_MAX = 6
AREA = 3
"""The leading characters of a postal code that name a district, in most countries."""


class _Numbering(dict[str, int]):
    """Numbers texts in order of appearance."""

    def __missing__(self, text: str) -> int:
        self[text] = number = len(self)
        return number


class NameTraits:
    """Per name: its telling words, their sound and first letter, and the full names it may be short for.

    `words` and `full` are rows of numbers, -1 behind the last.
    """

    def __init__(self, values: Sequence[str]) -> None:
        numbering = _Numbering()
        parts = [name_parts(value) for value in values]
        self.cores = texts(part.core for part in parts)
        self.core = _numbers([numbering[part.core] for part in parts])
        self.compact = _numbers([numbering[part.compact] for part in parts])
        self.sound = _numbers([numbering[part.sound] for part in parts])
        self.first_word = _numbers([numbering[part.words[0]] for part in parts])
        self.first_letter = _numbers([ord(part.core[0]) for part in parts])
        self.length = _numbers([len(part.core) for part in parts])
        self.initial = _flags([len(part.words[0]) == 1 for part in parts])
        self.several = _flags([len(part.words) > 1 for part in parts])
        self.words = _rows(
            ([numbering[word] for word in part.words if len(word) >= SHORT_WORD] for part in parts), WORDS_MAX
        )
        self.full = _rows(
            ([numbering[full] for full in sorted(full_names(part.words[0]))] for part in parts), FULL_NAMES_MAX
        )
        self.fulls = (self.full >= 0).sum(axis=1)


class WordTraits:
    """Per text: its length and the words that tell."""

    def __init__(self, values: Sequence[str]) -> None:
        numbering = _Numbering()
        self.texts = texts(values)
        self.length = _numbers([len(value) for value in values])
        self.words = _rows(([numbering[word] for word in telling_words(value)] for value in values), WORDS_MAX)


def telling_words(value: str) -> list[str]:
    """At most WORDS_MAX; of several words the last, the kind of street, does not tell."""
    words = value.split()
    return [word for word in (words[:-1] if len(words) > 1 else words) if len(word) > SHORT_WORD][:WORDS_MAX]


class CodeTraits:
    """Per postal code, house number, phone or region: its length and its area."""

    def __init__(self, values: Sequence[str]) -> None:
        numbering = _Numbering()
        self.texts = texts(values)
        self.length = _numbers([len(value) for value in values])
        self.area = _numbers([numbering[value[:AREA]] for value in values])


class BirthTraits:
    """Per date of birth its parts as numbers; `partial` where one is unknown."""

    def __init__(self, values: Sequence[str]) -> None:
        self.texts = texts(values)
        self.partial = _flags(["-" in value for value in values])
        whole = ["0" * 8 if partial else value for value, partial in zip(values, self.partial, strict=True)]
        self.year = _numbers([int(value[:4]) for value in whole])
        self.month = _numbers([int(value[4:6]) for value in whole])
        self.day = _numbers([int(value[6:]) for value in whole])


class MailTraits:
    """Per address what stands before the @; `marks` are its first letter and its digits."""

    def __init__(self, values: Sequence[str]) -> None:
        numbering = _Numbering()
        self.locals = texts(value.partition("@")[0] for value in values)
        self.local = _numbers([numbering[local] for local in self.locals])
        self.length = _numbers([len(local) for local in self.locals])
        self.marks = _numbers([numbering[local[:1] + "".join(filter(str.isdigit, local))] for local in self.locals])


def texts(values: Iterable[str]) -> Texts:
    """As an array, from which those of many pairs are taken at once."""
    listed = list(values)
    taken = np.empty(len(listed), np.object_)
    taken[:] = listed
    return taken


def _rows(values: Iterable[Sequence[int]], most: int) -> Numbers:
    """A row per value, as wide as the longest and at most `most`; -1 behind the last number of each."""
    listed = [value[:most] for value in values]
    width = max(map(len, listed), default=0)
    filling = [[-1] * (width - length) for length in range(width + 1)]
    return np.array([[*value, *filling[len(value)]] for value in listed], np.int32).reshape(len(listed), width)


def _numbers(values: list[int]) -> Numbers:
    return np.array(values, np.int32)


def _flags(values: list[bool]) -> Flags:
    return np.array(values, np.bool_)
