"""Two dates of birth, addresses, mailboxes or phones graded without arrays, as the comparisons by columns do."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA, JaroWinkler

from hub.matching.compare_births import partial_grade
from hub.matching.compare_texts import CLOSE, LONG, MAIL_LONG, MAIL_LONGER, SHORT
from hub.matching.comparisons import BY_NAME
from hub.matching.kept import TEXTS
from hub.matching.traits import AREA, telling_words

_GRADES: Final = {name: {grade: c.grade(grade) for grade in c.grades} for name, c in BY_NAME.items()}
_BIRTH: Final = _GRADES["birth"]
_STREET: Final = _GRADES["street"]
_EMAIL: Final = _GRADES["email"]


def grade_birth(one: str, other: str) -> int:
    """See `compare_births`."""
    if not one or not other:
        return 0
    if one == other:
        return _BIRTH["equal"]
    if "-" in one or "-" in other:
        return partial_grade(one, other)
    year, month, day = one[:4] == other[:4], one[4:6] == other[4:6], one[6:] == other[6:]
    if year and one[4:6] == other[6:] and one[6:] == other[4:6]:
        return _BIRTH["swapped"]
    errors = OSA.distance(one, other, score_cutoff=2)
    if errors <= 1:
        return _BIRTH["close"]
    if year + month + day == 2 or (year and errors == 2):
        return _BIRTH["two_parts"]
    near = year or errors == 2 or abs(int(one[:4]) - int(other[:4])) <= 1
    return _BIRTH["near" if near else "different"]


def grade_street(street: str, unit: str, other_street: str, other_unit: str) -> int:
    """A street that stands in the other's unit field is `crossed`; see `compare_streets`."""
    straight = grade_words("street", street, other_street)
    if straight != _STREET["different"] or len(street) <= SHORT:
        return straight
    strong = (_STREET["equal"], _STREET["close"])
    if grade_words("street", street, other_unit) in strong or grade_words("street", unit, other_street) in strong:
        return _STREET["crossed"]
    return straight


def grade_words(field: str, one: str, other: str) -> int:
    """Street, unit or locality."""
    if not one or not other:
        return 0
    grades = _GRADES[field]
    if one == other:
        return grades["equal"]
    shorter = min(len(one), len(other))
    if shorter > 1:
        most = 2 if shorter >= LONG else 1 if shorter > SHORT else -1
        if most >= 0 and OSA.distance(one, other, score_cutoff=2) <= most:
            return grades["close"]
        if JaroWinkler.similarity(one, other, score_cutoff=CLOSE) >= CLOSE:
            return grades["close"]
    if "part" in grades and not _telling(one).isdisjoint(_telling(other)):
        return grades["part"]
    return grades["different"]


@lru_cache(maxsize=TEXTS)
def _telling(value: str) -> frozenset[str]:
    return frozenset(telling_words(value))


def grade_code(field: str, one: str, other: str) -> int:
    """Region, postal code, house number or phone."""
    if not one or not other:
        return 0
    grades = _GRADES[field]
    if one == other:
        return grades["equal"]
    if "close" in grades and len(one) + len(other) > 2 and OSA.distance(one, other, score_cutoff=1) <= 1:
        return grades["close"]
    if "area" in grades and one[:AREA] == other[:AREA]:
        return grades["area"]
    return grades["different"]


def grade_email(one: str, other: str) -> int:
    """See `compare_mails`."""
    if not one or not other:
        return 0
    if one == other:
        return _EMAIL["equal"]
    a, b = one.partition("@")[0], other.partition("@")[0]
    shorter = min(len(a), len(b))
    if shorter >= MAIL_LONG:
        if a == b:
            return _EMAIL["local_part"]
        most = 2 if shorter >= MAIL_LONGER else 1
        if a[0] == b[0] and OSA.distance(a, b, score_cutoff=2) <= most and _digits(a) == _digits(b):
            return _EMAIL["close"]
    return _EMAIL["different"]


def _digits(local: str) -> str:
    return "".join(filter(str.isdigit, local))
