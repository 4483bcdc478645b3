"""Tables of words, as text files beside this one: folded words, several a line, or `entry: words`."""

from __future__ import annotations

from importlib.resources import files


def words_of(table: str) -> frozenset[str]:
    """All words of a table."""
    return frozenset(_text(table).split())


def entries_of(table: str) -> dict[str, tuple[str, ...]]:
    """Each line's entry with its words."""
    lines = (line.partition(":") for line in _text(table).splitlines())
    return {entry: tuple(words.split()) for entry, _, words in lines}


def _text(table: str) -> str:
    return files("hub.matching.tables").joinpath(f"{table}.txt").read_text(encoding="utf-8")
