"""A CSV file of persons, read line by line; what is wrong with it is told with the line's number."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

from hub.errors import Invalid
from hub.matching.person import Field, Written

DELIMITERS: Final = ",;\t|"
FIELD_CHARACTERS_MAX: Final = 10_000
CHUNK: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Layout:
    """Which columns hold which field: of several columns the values are joined, in order."""

    columns: Mapping[Field, tuple[int, ...]]
    width: int


@dataclass(frozen=True, slots=True)
class Row:
    """`line` is where the record begins, the header being line 1."""

    line: int
    id: str
    written: Written


@dataclass(frozen=True, slots=True)
class RecordsFile:
    """`headers`: field to header; several headers joined by + are one value (`birth_date=year+month+day`).

    Without any the columns that bear a field's name are taken. Without an `encoding` it is the one that the file shows:
    UTF-8, UTF-16 with its mark, else that of Windows in Western Europe, which contains latin-1.
    """

    path: Path
    headers: Mapping[Field, str]
    encoding: str | None = None

    def rows(self) -> Iterator[Row]:
        """Invalid on the first line that cannot be read as the header promises, or whose id was there before."""
        encoding = self.encoding
        try:
            encoding = encoding or shown_encoding(self.path)
            with self.path.open(encoding=encoding, newline="") as stream:
                yield from self._checked(stream)
        except UnicodeDecodeError as error:
            raise Invalid(
                f"{self.path}, line {self._line_of(error)}: is not {str(encoding).removesuffix('-sig')}; "
                "name the file's own with --encoding (latin-1, cp1252, utf-16, ...)"
            ) from None
        except LookupError:
            raise Invalid(f"there is no encoding {encoding!r}") from None
        except OSError as error:
            raise Invalid(f"{self.path} cannot be read: {error.strerror}") from None

    def _checked(self, stream: TextIO) -> Iterator[Row]:
        csv.field_size_limit(FIELD_CHARACTERS_MAX)
        header = stream.readline()
        reader = csv.reader(stream, delimiter=_delimiter(header), skipinitialspace=True)
        layout = self._layout(next(csv.reader([header], delimiter=_delimiter(header), skipinitialspace=True), []))
        seen: dict[str, int] = {}
        line = 2
        try:
            for values in reader:
                if any(values):
                    row = self._row(values, layout, line)
                    if (first := seen.setdefault(row.id, line)) != line:
                        raise Invalid(f"{self.path}, line {line}: the id of line {first} again; ids must be unique")
                    yield row
                line = reader.line_num + 2
        except csv.Error as error:
            raise Invalid(f"{self.path}, line {line}: {error}") from None

    def _row(self, values: Sequence[str], layout: Layout, line: int) -> Row:
        if len(values) > layout.width and not any(values[layout.width :]):
            values = values[: layout.width]
        if len(values) != layout.width:
            raise Invalid(f"{self.path}, line {line}: {len(values)} values where the header has {layout.width}")
        found = {field: _joined(values, places) for field, places in layout.columns.items()}
        identity = found.pop(Field.ID)
        if not identity:
            raise Invalid(f"{self.path}, line {line}: has no id")
        return Row(line, identity, Written(**{field.value: value for field, value in found.items()}))

    def _layout(self, header: Sequence[str]) -> Layout:
        names = [name.strip() for name in header]
        if not any(names):
            raise Invalid(f"{self.path}, line 1: is empty; the first line must name the columns")
        columns = {}
        own = {field: field.value for field in Field if field.value in names}
        for field, written in (self.headers or own).items():
            parts = [written] if written in names else [part.strip() for part in written.split("+")]
            for part in parts:
                if part not in names:
                    raise Invalid(
                        f"{self.path}, line 1: has no column {part!r} (wanted for {field}); it has {', '.join(names)}"
                    )
                if names.count(part) > 1:
                    raise Invalid(f"{self.path}, line 1: has {names.count(part)} columns {part!r}")
            columns[field] = tuple(names.index(part) for part in parts)
        if Field.ID not in columns:
            raise Invalid(f"{self.path}, line 1: say which column is the id: --column id=HEADER")
        if len(columns) == 1:
            raise Invalid("say which columns to compare by: --column family_name=HEADER and so on")
        return Layout(columns, len(names))

    def _line_of(self, error: UnicodeDecodeError) -> int:
        """The line of the first bytes that are not in the encoding; the error itself counts from a buffer's start."""
        with self.path.open("rb") as stream:
            for line, content in enumerate(stream, start=1):
                try:
                    content.decode(error.encoding)
                except UnicodeDecodeError:
                    return line
        return 1


def shown_encoding(path: Path) -> str:
    """How the bytes can be read; OSError when there are none to read."""
    with path.open("rb") as stream:
        if stream.read(2) in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            with path.open(encoding=encoding, newline="") as text:
                while text.read(CHUNK):
                    pass
        except UnicodeDecodeError:
            continue
        return encoding
    return "latin-1"


def _delimiter(header: str) -> str:
    return max(DELIMITERS, key=header.count)


def _joined(values: Sequence[str], places: tuple[int, ...]) -> str:
    return " ".join(part for place in places if (part := values[place].strip()))
