"""Two names graded without arrays: what `compare_names` does by columns, for a few pairs at a time."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA, JaroWinkler

from hub.matching.compare_names import CLOSE, LONG, SIMILAR
from hub.matching.comparisons import BY_NAME
from hub.matching.kept import TEXTS
from hub.matching.names import NameParts, name_parts
from hub.matching.nicknames import full_names
from hub.matching.traits import FULL_NAMES_MAX, SHORT_WORD, WORDS_MAX

_GIVEN: Final = {name: BY_NAME["given"].grade(name) for name in BY_NAME["given"].grades}
_FAMILY: Final = {name: BY_NAME["family"].grade(name) for name in BY_NAME["family"].grades}
_STRONG: Final = (_GIVEN["equal"], _GIVEN["close"])


def grade_names(given: str, family: str, other_given: str, other_family: str) -> tuple[int, int]:
    """Grades of given and family name; see `compare_names`."""
    straight_given, straight_family = _given(given, other_given), _family(family, other_family)
    if straight_given in _STRONG or straight_family in _STRONG:
        return straight_given, straight_family
    there, back = _given(given, other_family), _given(family, other_given)
    if there in _STRONG and back in _STRONG:
        return _GIVEN["crossed"], _FAMILY["crossed"]
    if (there in _STRONG and not back) or (back in _STRONG and not there):
        return 0, _FAMILY["crossed"]
    return straight_given, straight_family


def _given(one: str, other: str) -> int:
    if not one or not other:
        return 0
    a, b = name_parts(one), name_parts(other)
    if a.core == b.core or a.compact == b.compact:
        return _GIVEN["equal"]
    if len(a.words[0]) == 1 or len(b.words[0]) == 1:
        return _GIVEN["initial" if a.core[0] == b.core[0] else "different"]
    likeness = _likeness(a.core, b.core)
    if _close(a.core, b.core, likeness):
        return _GIVEN["close"]
    if a.words[0] == b.words[0] or a.sound == b.sound:
        return _GIVEN["variant"]
    if not _fulls(a.words[0]).isdisjoint(_fulls(b.words[0])) or _shares_word(a, b):
        return _GIVEN["variant"]
    return _GIVEN["similar" if likeness >= SIMILAR else "different"]


def _family(one: str, other: str) -> int:
    if not one or not other:
        return 0
    a, b = name_parts(one), name_parts(other)
    if a.core == b.core or a.compact == b.compact:
        return _FAMILY["equal"]
    likeness = _likeness(a.core, b.core)
    if _close(a.core, b.core, likeness):
        return _FAMILY["close"]
    if _shares_word(a, b):
        return _FAMILY["part"]
    if a.sound == b.sound:
        return _FAMILY["sound"]
    return _FAMILY["similar" if likeness >= SIMILAR else "different"]


def _likeness(a: str, b: str) -> float:
    return JaroWinkler.similarity(a, b, score_cutoff=SIMILAR)


def _close(a: str, b: str, likeness: float) -> bool:
    shorter = min(len(a), len(b))
    if shorter < SHORT_WORD:
        return False
    return likeness >= CLOSE or OSA.distance(a, b, score_cutoff=2) <= (2 if shorter >= LONG else 1)


def _shares_word(a: NameParts, b: NameParts) -> bool:
    """One word in common, where one of the two has several."""
    if len(a.words) == 1 and len(b.words) == 1:
        return False
    return not _long_words(a.words).isdisjoint(_long_words(b.words))


@lru_cache(maxsize=TEXTS)
def _long_words(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset([word for word in words if len(word) >= SHORT_WORD][:WORDS_MAX])


@lru_cache(maxsize=TEXTS)
def _fulls(name: str) -> frozenset[str]:
    return frozenset(sorted(full_names(name))[:FULL_NAMES_MAX])
