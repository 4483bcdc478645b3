"""Mailboxes that are made of a name, and so say nothing that the name does not say."""

from __future__ import annotations

import re
from typing import Final

from hub.matching.names import name_parts

_NO_LETTER: Final = re.compile(r"[^a-z]+")
_FAMILY_WORDS: Final = ("familie", "family", "fam")
REST_MOST: Final = 1
"""A letter may be left: an initial."""


def follows_from_name(email: str, given: str, family: str) -> bool:
    """For `jan.devries@`, `j_vries@` and `familiedevries@` of a Jan de Vries, not where a number tells more."""
    local = email.partition("@")[0]
    if not local or not family or any(map(str.isdigit, local)):
        return False
    parts = name_parts(family)
    letters = _NO_LETTER.sub("", local)
    own = next((word for word in (parts.compact, parts.core.replace(" ", "")) if word in letters), "")
    if not own:
        return False
    rest = letters.replace(own, "", 1)
    for word in (*_FAMILY_WORDS, *given.split()):
        rest = rest.replace(word, "", 1)
    return len(rest) <= REST_MOST
