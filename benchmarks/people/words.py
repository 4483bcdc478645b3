"""What names and places are made of (words.txt); the first of each list are the most frequent."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Final

_LISTS: Final[dict[str, list[str]]] = defaultdict(list)
for _line in Path(__file__).with_name("words.txt").read_text(encoding="utf-8").splitlines():
    _name, _, _words = _line.partition(": ")
    _LISTS[_name] += _words.split("|")

GIVEN: Final = _LISTS["GIVEN"]
FAMILY: Final = _LISTS["FAMILY"]
FAMILY_HEADS: Final = _LISTS["FAMILY_HEADS"]
FAMILY_TAILS: Final = _LISTS["FAMILY_TAILS"]
STREET_HEADS: Final = _LISTS["STREET_HEADS"]
STREET_TAILS: Final = _LISTS["STREET_TAILS"]
PLACES: Final = _LISTS["PLACES"]
REGIONS: Final = _LISTS["REGIONS"]
MAIL_HOSTS: Final = _LISTS["MAIL_HOSTS"]
SHORT: Final = dict(pair.split("=") for pair in _LISTS["SHORT"])
"""Full names and what people say."""
