"""Which given names people use for each other: English from the `nicknames` package, Dutch from a table of our own."""

from __future__ import annotations

from functools import lru_cache

from nicknames import NickNamer

from hub.matching.tables import entries_of


@lru_cache(maxsize=1)
def _english() -> NickNamer:
    return NickNamer()


@lru_cache(maxsize=1)
def _dutch() -> dict[str, frozenset[str]]:
    """Each name with the full names it may stand for."""
    table: dict[str, set[str]] = {}
    for full, forms in entries_of("dutch_names").items():
        for name in (full, *forms):
            table.setdefault(name, set()).add(full)
    return {name: frozenset(fulls) for name, fulls in table.items()}


@lru_cache(maxsize=100_000)
def full_names(name: str) -> frozenset[str]:
    """The names this one may be short for, itself included."""
    return frozenset({name, *_english().canonicals_of(name), *_dutch().get(name, ())})
