"""Writing one data file: rows in, and what the manifest says about it out."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

import orjson

from adapters.files.durable import sync_file
from adapters.files.manifest import ManifestFile
from adapters.files.options import FileFormat
from adapters.files.rows import Style
from hub.errors import Invalid
from hub.records.source import JsonObject, JsonValue


class DataFile:
    """A CSV or JSONL file being written; JSONL is always UTF-8. Close it (or leave the `with`) to have it on disk.

    The columns of a CSV file are the keys of the first row, or `columns` when none comes; a row with another key is
    Invalid, one that lacks a key has an empty cell. Every cell is quoted; what a spreadsheet would
    take for a formula stays as it is, because the reader is a program.
    """

    def __init__(self, path: Path, style: Style, columns: Sequence[str]) -> None:
        self._path, self._style, self._columns = path, style, columns
        self._file = path.open("xb")
        self._digest = hashlib.sha256()
        self._rows = 0
        self._text = io.StringIO()
        self._csv = csv.writer(self._text, delimiter=style.delimiter, quoting=csv.QUOTE_ALL)

    def __enter__(self) -> DataFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        with self._file:
            if error is None and self._rows == 0 and self._style.format is FileFormat.CSV:
                self._add_record(self._columns)
        if error is None:
            sync_file(self._path)

    def add(self, row: JsonObject) -> None:
        """Append one row. Raises Invalid for what the format cannot hold."""
        if self._style.format is FileFormat.JSONL:
            self._add_json(row)
        else:
            self._add_csv(row)
        self._rows += 1

    def listed(self) -> ManifestFile:
        """The file's entry in the manifest."""
        return ManifestFile(name=self._path.name, rows=self._rows, sha256=self._digest.hexdigest())

    def _add_json(self, row: JsonObject) -> None:
        try:
            self._put(orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE))
        except orjson.JSONEncodeError as error:
            raise self._invalid(str(error)) from error

    def _add_csv(self, row: JsonObject) -> None:
        if self._rows == 0:
            self._columns = tuple(row)
            self._add_record(self._columns)
        if unknown := row.keys() - set(self._columns):
            raise self._invalid(f"no column {', '.join(sorted(unknown))}: the columns are {', '.join(self._columns)}")
        self._add_record([self._cell(row.get(column)) for column in self._columns])

    def _cell(self, value: JsonValue) -> str:
        match value:
            case None:
                return ""
            case str():
                return value
            case bool() | int() | float():
                return orjson.dumps(value).decode()
            case Mapping() | Sequence():
                raise self._invalid("a CSV cell holds one value; name nested lists as children, or write JSONL")

    def _add_record(self, cells: Sequence[str]) -> None:
        self._text.seek(0)
        self._text.truncate()
        self._csv.writerow(cells)
        try:
            self._put(self._text.getvalue().encode(self._style.encoding))
        except UnicodeEncodeError as error:
            raise self._invalid(f"a character that {self._style.encoding} does not have") from error

    def _put(self, data: bytes) -> None:
        self._digest.update(data)
        self._file.write(data)

    def _invalid(self, why: str) -> Invalid:
        return Invalid(f"{self._path.name}, row {self._rows + 1}: {why}")
