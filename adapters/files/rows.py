"""Records of a CSV or JSONL file: each as an object, or as the bytes that are none."""

from __future__ import annotations

import csv
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson

from adapters.files.lines import Line, Lines, Place
from adapters.files.options import FileFormat
from hub.errors import Rejected
from hub.records.source import JsonObject

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Style:
    """How the files of one delivery are written."""

    format: FileFormat
    encoding: str
    delimiter: str
    max_record_bytes: int


@dataclass(frozen=True, slots=True)
class Row:
    """One record, starting at `line`. CSV gives texts, and None for an empty cell: CSV cannot tell them apart."""

    line: int
    behind: Place
    raw: bytes
    body: JsonObject


@dataclass(frozen=True, slots=True)
class BadRow:
    """Bytes at `line` that make no record; `raw` is cut at the longest record allowed."""

    line: int
    behind: Place
    raw: bytes
    reason: str


class _TooLong(Exception):
    """More bytes than one record may have."""


def read_rows(path: Path, style: Style, start: Place | None = None) -> Generator[Row | BadRow]:
    """Records from `start`, a place behind an earlier record (None: the first). Raises Rejected for a bad header."""
    with path.open("rb") as file:
        begin = Place(len(_BOM)) if style.encoding == "utf-8" and file.read(len(_BOM)) == _BOM else Place()
        lines = Lines(file, begin, style.max_record_bytes)
        if style.format is FileFormat.JSONL:
            if start is not None:
                lines.go_to(start)
            yield from _json_rows(lines, style)
            return
        header = _header(lines, style, path.name)
        if start is not None:
            lines.go_to(start)
        yield from _csv_rows(lines, style, header)


def _json_rows(lines: Lines, style: Style) -> Iterator[Row | BadRow]:
    while (line := lines.next()) is not None:
        if not line.raw.strip():
            continue
        if not line.whole:
            yield _bad([line], f"longer than {style.max_record_bytes} bytes")
            continue
        try:
            body = orjson.loads(line.raw.rstrip(b"\r\n").decode(style.encoding))
        except UnicodeDecodeError:
            yield _bad([line], f"not {style.encoding}")
        except orjson.JSONDecodeError as error:
            yield _bad([line], f"not JSON: {error.msg} at character {error.colno}")
        else:
            if isinstance(body, dict):
                yield Row(line.number, line.behind, line.raw, body)
            else:
                yield _bad([line], "not a JSON object")


def _header(lines: Lines, style: Style, name: str) -> tuple[str, ...]:
    record = _csv_record(lines, style)
    if record is None:
        raise Rejected(f"{name}: empty, a CSV file starts with a line of column names")
    if isinstance(record, BadRow):
        raise Rejected(f"{name}:1: the line of column names is {record.reason}")
    columns = tuple(column.strip() for column in record[1])
    if not all(columns) or len(set(columns)) < len(columns):
        raise Rejected(f"{name}:1: column names must be there and differ: {', '.join(columns)}")
    return columns


def _csv_rows(lines: Lines, style: Style, header: tuple[str, ...]) -> Iterator[Row | BadRow]:
    while (record := _csv_record(lines, style)) is not None:
        if isinstance(record, BadRow):
            yield record
            continue
        taken, cells = record
        if not cells:
            continue
        if len(cells) != len(header):
            yield _bad(taken, f"{len(cells)} columns where the header has {len(header)}")
            continue
        body = {column: cell or None for column, cell in zip(header, cells, strict=True)}
        yield Row(taken[0].number, taken[-1].behind, _joined(taken), body)


def _csv_record(lines: Lines, style: Style) -> tuple[list[Line], list[str]] | BadRow | None:
    """The next record over one or more lines; one without cells for a blank line; None at the end.

    A quote that is never closed would take every line behind it along. Only the line it stands in is given up.
    """
    taken: list[Line] = []

    def texts() -> Iterator[str]:
        size = 0
        while (line := lines.next()) is not None:
            taken.append(line)
            size += len(line.raw)
            if not line.whole or size > style.max_record_bytes:
                raise _TooLong
            yield line.raw.decode(style.encoding, "surrogateescape")

    try:
        cells = next(csv.reader(texts(), delimiter=style.delimiter, strict=True), None)
    except (csv.Error, _TooLong) as error:
        lines.go_to(taken[0].behind)
        too_long = f"longer than {style.max_record_bytes} bytes, or a quote in it is not closed"
        return _bad(taken[:1], too_long if isinstance(error, _TooLong) else f"not CSV: {error}")
    if cells is None:
        return None
    try:
        _joined(taken).decode(style.encoding)
    except UnicodeDecodeError:
        return _bad(taken, f"not {style.encoding}")
    return taken, cells


def _joined(taken: list[Line]) -> bytes:
    return taken[0].raw if len(taken) == 1 else b"".join(line.raw for line in taken)


def _bad(taken: list[Line], reason: str) -> BadRow:
    return BadRow(taken[0].number, taken[-1].behind, _joined(taken), reason)
