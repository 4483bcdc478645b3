"""Names that people use for each other: English from the `nicknames` package, other languages from tables of ours."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from nicknames import NickNamer

from hub.matching.kept import TEXTS
from hub.matching.tables import entries_of

TABLES: Final = ("dutch_names", "european_names")
"""The second has German, Spanish, Italian, French, Polish and Russian names; a line is a full name and its forms."""


@lru_cache(maxsize=1)
def _english() -> NickNamer:
    return NickNamer()


@lru_cache(maxsize=1)
def _ours() -> dict[str, frozenset[str]]:
    """Each name with the full names it may stand for."""
    known: dict[str, set[str]] = {}
    for table in TABLES:
        for full, forms in entries_of(table).items():
            for name in (full, *forms):
                known.setdefault(name, set()).add(full)
    return {name: frozenset(fulls) for name, fulls in known.items()}


@lru_cache(maxsize=TEXTS)
def full_names(name: str) -> frozenset[str]:
    """The names this one may be short for, itself included."""
    return frozenset({name, *_english().canonicals_of(name), *_ours().get(name, ())})
