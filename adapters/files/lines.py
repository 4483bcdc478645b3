"""Physical lines of a file, from any offset, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Place:
    """Between two lines: the byte offset and the number, from 1, of the line that starts there."""

    offset: int = 0
    line: int = 1


@dataclass(frozen=True, slots=True)
class Line:
    """One line with its line end; `whole` False when only its first bytes were kept."""

    raw: bytes
    number: int
    behind: Place
    whole: bool


class Lines:
    """Reads `file` line by line from `place`, keeping at most `limit_bytes` of a line."""

    def __init__(self, file: BinaryIO, place: Place, limit_bytes: int) -> None:
        self._file = file
        self._limit = limit_bytes
        self.go_to(place)

    def go_to(self, place: Place) -> None:
        """Continue at `place`, which may lie behind or ahead."""
        self._file.seek(place.offset)
        self._place = place

    def next(self) -> Line | None:
        """None at the end of the file."""
        raw = self._file.readline(self._limit + 1)
        if not raw:
            return None
        length, whole = len(raw), len(raw) <= self._limit
        rest = raw
        while not rest.endswith(b"\n") and (rest := self._file.readline(self._limit + 1)):
            length += len(rest)
        start = self._place
        self._place = Place(start.offset + length, start.line + 1)
        return Line(raw[: self._limit], start.line, self._place, whole)
