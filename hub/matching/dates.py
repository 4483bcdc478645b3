"""Dates of birth from files whose notation nobody told: 19850314, 14-3-1985, 3/14/85, 14 mrt 1985, 1985."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from hub.matching.fold import fold
from hub.matching.kept import TEXTS
from hub.matching.tables import entries_of

UNKNOWN: Final = "-"
_TIME = re.compile(r"(?<=\d)[T ]\d{1,2}:\d\d.*$|\.0$")
_PIECES = re.compile(r"[0-9]+|[a-z]+")
_MONTHS: Final = {name: month for month, names in entries_of("months").items() for name in names}
_PIVOT = 30
"""Two-digit years up to this one are of this century; persons older than a hundred are rare."""


def is_day_first(values: Iterable[str]) -> bool:
    """Whether a column writes 14-3-1985 rather than 3-14-1985, told by the numbers that can be no month."""
    day_first = month_first = 0
    for value in values:
        pieces = _pieces(value)
        if len(pieces) == 3 and all(piece.isdigit() for piece in pieces) and len(pieces[0]) <= 2:
            day_first += int(pieces[0]) > 12
            month_first += int(pieces[1]) > 12
    return day_first >= month_first


@lru_cache(maxsize=TEXTS)
def birth_of(value: str, *, day_first: bool = True) -> str:
    """yyyymmdd with `-` for unknown digits; the empty text for what is no date.

    Numbers that no calendar has (month 13) are kept: a typing error still resembles the date that was meant.
    """
    pieces = _pieces(value)
    if len(pieces) == 1 and pieces[0].isdigit():
        return _of_digits(pieces[0], day_first=day_first)
    if len(pieces) == 2 and all(piece.isdigit() for piece in pieces):
        year, month = sorted(pieces, key=len, reverse=True)
        return f"{year}{month:0>2}--" if len(year) == 4 and len(month) <= 2 else ""
    if len(pieces) != 3:
        return ""
    return _of_three(pieces, day_first=day_first)


def _pieces(value: str) -> list[str]:
    return _PIECES.findall(fold(_TIME.sub("", value.strip())))


def _of_digits(digits: str, *, day_first: bool) -> str:
    if len(digits) == 8:
        if digits[:2] not in ("18", "19", "20") and digits[4:6] in ("18", "19", "20"):
            return _of_three([digits[:2], digits[2:4], digits[4:]], day_first=day_first)
        return _without_zeros(digits)
    if len(digits) == 7:
        return _of_three([digits[0], digits[1:3], digits[3:]], day_first=day_first)
    if len(digits) == 6:
        return f"{_century(digits[:2])}{digits[2:]}"
    return f"{digits}----" if len(digits) == 4 else ""


def _of_three(pieces: list[str], *, day_first: bool) -> str:
    named = [place for place, piece in enumerate(pieces) if not piece.isdigit()]
    if named:
        month = _MONTHS.get(pieces[named[0]], "")
        rest = [piece for place, piece in enumerate(pieces) if place != named[0] and piece.isdigit()]
        if not month or len(rest) != 2:
            return ""
        year, day = (rest[0], rest[1]) if len(rest[0]) == 4 else (rest[1], rest[0])
        return _joined(year, month, day)
    first, second, third = pieces
    if len(first) == 4:
        return _joined(first, second, third)
    return _joined(third, second, first) if day_first else _joined(third, first, second)


def _joined(year: str, month: str, day: str) -> str:
    if len(year) <= 2:
        year = _century(f"{year:0>2}")
    if len(year) != 4 or len(month) > 2 or len(day) > 2:
        return ""
    return _without_zeros(f"{year}{month:0>2}{day:0>2}")


def _without_zeros(digits: str) -> str:
    """A month and day of zero, or a day after a known month, stand for the unknown; a lone zero month is an error."""
    if digits[6:] == "00":
        return digits[:4] + ("----" if digits[4:6] == "00" else f"{digits[4:6]}--")
    return digits


def _century(year: str) -> str:
    return f"20{year}" if int(year) <= _PIVOT else f"19{year}"
