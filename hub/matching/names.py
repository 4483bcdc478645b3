"""Names of persons: what of them tells people apart."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, NamedTuple

from hub.matching.fold import fold
from hub.matching.kept import TEXTS
from hub.matching.sound import sound_of
from hub.matching.tables import words_of

PARTICLES: Final = words_of("particles")
"""Words that introduce a family name in Dutch, German, the Romance and Scandinavian languages, Arabic and Hebrew.

Packages put them before, behind or in a field of their own, or drop them; so they do not tell people apart.
"""
_TITLES: Final = words_of("titles")


class NameParts(NamedTuple):
    """`core`: the telling words; `compact`: all words in one; `sound`: of the core; `words`: of the core."""

    core: str
    compact: str
    sound: str
    words: tuple[str, ...]

    @property
    def is_initials(self) -> bool:
        """True for `j` and `j w`, false where one word is written out."""
        return all(len(word) == 1 for word in self.words)


def clean_name(value: str) -> str:
    """Folded, without titles and generation suffixes where anything is left without them."""
    folded = fold(value)
    if " " not in folded:
        return "" if folded.isdigit() else folded
    words = [word for word in folded.split() if word not in _TITLES]
    return " ".join(words) if words else folded


@lru_cache(maxsize=TEXTS)
def name_parts(name: str) -> NameParts:
    """The parts of a name that `clean_name` gave."""
    words = tuple(name.split())
    telling = tuple(word for word in words if word not in PARTICLES) or words
    return NameParts(" ".join(telling), "".join(words), " ".join(map(sound_of, telling)), telling)


def split_full_name(value: str) -> tuple[str, str]:
    """Given and family name of a line such as `Jan Willem van der Berg` or `Berg, Jan van der`."""
    family, comma, given = value.partition(",")
    if comma and fold(given):
        return clean_name(given), clean_name(family)
    words = clean_name(value).split()
    for place, word in enumerate(words):
        if place and word in PARTICLES and place < len(words) - 1:
            return " ".join(words[:place]), " ".join(words[place:])
    return " ".join(words[:-1]), " ".join(words[-1:])
