"""One alphabet for every comparison: ASCII, lower case, words with one space between."""

from __future__ import annotations

import re
from functools import lru_cache

from anyascii import anyascii

from hub.matching.kept import TEXTS

_APOSTROPHES = re.compile(r"[`'\u2018\u2019\u02bc]")
_BREAKS = re.compile(r"[^0-9a-z]+")
_NOTHING = frozenset({"NA", "N/A", "NULL", "Null", "null", "None", "none", "NaN", "nan", "\\N", "?", "-", "UNKNOWN"})


@lru_cache(maxsize=TEXTS)
def fold(value: str) -> str:
    """Transliterated and stripped of all that is no letter or digit; `O'Brien` is one word, `Vries-Bakker` two.

    What exports write for an absent value (NA, NULL, \\N, ...) is the empty text.
    """
    value = value.strip()
    if value in _NOTHING:
        return ""
    if not value.isascii():
        value = anyascii(value)
    return _BREAKS.sub(" ", _APOSTROPHES.sub("", value.lower())).strip()
