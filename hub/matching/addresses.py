"""Addresses: the street's name, the house number and the unit apart, whichever field they were written in."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, NamedTuple

from hub.matching.fold import fold
from hub.matching.kept import TEXTS
from hub.matching.tables import entries_of

_WORDS: Final = {short: full for full, shorts in entries_of("street_words").items() for short in shorts}
_LEADING = re.compile(r"^(\d{1,5}) ?([a-z]?) (?=\S*[a-z]{2})(.+)$")
_TRAILING = re.compile(r"^(.*[a-z]{2}\S*) (\d{1,5})(?: ?([a-z0-9]{1,4}))?$")
_NUMBER = re.compile(r"\d+")
_UNIT_WORDS = re.compile(r"\b(?:unit|apt|apartment|flat|suite|ste|no|nr|huis|hs)\b")


class Place(NamedTuple):
    """Folded; `house` is digits only, what follows the digits is the unit."""

    street: str
    house: str
    unit: str


@lru_cache(maxsize=TEXTS)
def place_of(street: str, house: str, unit: str) -> Place:
    """Pull the number out of the street where no field holds it; a number alone in the street's field moves over."""
    street, house, unit = fold(street), fold(house), _UNIT_WORDS.sub("", fold(unit)).strip()
    if street and not re.search("[a-z]", street) and (not house or re.search("[a-z]{3}", house)):
        street, house = house, street
    if not house and street:
        street, house, suffix = _parted(street)
        unit = unit or suffix
    number = _NUMBER.search(house)
    if number and not unit:
        unit = house[number.end() :].strip()
    words = [_WORDS.get(word, word) for word in street.split()]
    return Place(" ".join(words), (number.group().lstrip("0") if number else house), unit)


def _parted(street: str) -> tuple[str, str, str]:
    if found := _LEADING.match(street):
        return found[3], found[1], found[2]
    if found := _TRAILING.match(street):
        return found[1], found[2], found[3] or ""
    return street, "", ""
