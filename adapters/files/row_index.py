"""A small SQLite file per delivery: which row is an object's, and which child rows belong to it.

Exports rarely sort their files alike, so children are looked up rather than merged; one million rows stay on disk.
Building it reads every row once and so verifies the delivery before any of it is handed over.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import uuid4
from zoneinfo import ZoneInfo

import orjson

from adapters.files.delivery import Delivery, Part
from adapters.files.durable import sync_file
from adapters.files.options import ChildLayout, EntityLayout, FileFormat
from adapters.files.rows import BadRow, Row, Style, read_rows
from adapters.files.stamps import NoStamp, stamp_in
from hub.errors import Rejected
from hub.records.source import JsonObject

_TABLES: Final = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE parent (id TEXT PRIMARY KEY, place TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE child (
  parent TEXT NOT NULL, list TEXT NOT NULL, id TEXT NOT NULL, place TEXT NOT NULL, body BLOB NOT NULL, raw BLOB NOT NULL
);
CREATE TABLE lost (place TEXT NOT NULL);
CREATE TABLE stray (number INTEGER PRIMARY KEY, place TEXT NOT NULL, raw BLOB NOT NULL, reason TEXT NOT NULL);
"""
_ORPHANS: Final = """
CREATE INDEX child_of ON child (parent, list, id);
INSERT INTO stray (place, raw, reason)
SELECT place, raw, 'belongs to ' || parent || ', which the delivery does not hold' FROM child
WHERE parent NOT IN (SELECT id FROM parent) ORDER BY child.rowid;
"""


@dataclass(frozen=True, slots=True)
class Child:
    """One row of a child list."""

    list: str
    body: JsonObject
    raw: bytes


@dataclass(frozen=True, slots=True)
class Stray:
    """A child row that cannot be read or has no parent; `number` orders them."""

    number: int
    place: str
    raw: bytes
    reason: str


def build_index(delivery: Delivery, layout: EntityLayout, target: Path) -> None:
    """Write the index, whole or not at all. Raises Rejected for a bad header or a wrong row count."""
    parents, children = delivery.split(layout)
    building = target.with_name(f"{target.name}.{uuid4().hex}")
    try:
        with closing(sqlite3.connect(building)) as index, index:
            index.executescript(_TABLES)
            builder = _Builder(index, delivery.style, ZoneInfo(layout.time_zone))
            for part in parents:
                builder.add_parents(part, layout)
            for name, parts in children.items():
                for part in parts:
                    builder.add_children(part, name, layout.children[name])
            index.executescript(_ORPHANS)
        sync_file(building)
        building.replace(target)
    finally:
        building.unlink(missing_ok=True)


class RowIndex:
    """The index of one delivery, open for reading; close it."""

    def __init__(self, path: Path) -> None:
        self._db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    def is_whole(self) -> bool:
        """Whether every row of an object gives one; otherwise an object that is missing may stand in such a row."""
        return self._db.execute("SELECT 1 FROM lost LIMIT 1").fetchone() is None

    def first_place(self, object_id: str) -> str:
        """`file:line` of the first row with this id; a later one is a duplicate."""
        found: tuple[str] = self._db.execute("SELECT place FROM parent WHERE id = ?", [object_id]).fetchone()
        return found[0]

    def children(self, object_id: str) -> list[Child]:
        """All child rows of an object, each list ordered by the children's ids, then as in the files."""
        query = "SELECT list, body, raw FROM child WHERE parent = ? ORDER BY list, id, rowid"
        return [Child(name, orjson.loads(body), raw) for name, body, raw in self._db.execute(query, [object_id])]

    def strays(self, after: int, limit: int) -> list[Stray]:
        """Strays behind number `after`."""
        query = "SELECT number, place, raw, reason FROM stray WHERE number > ? ORDER BY number LIMIT ?"
        return [Stray(*row) for row in self._db.execute(query, [after, limit])]


def id_in(body: JsonObject, column: str) -> str | None:
    """The text or whole number under `column` as an id; None when nothing usable stands there."""
    value = body.get(column)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    text = value.strip() if isinstance(value, str) else ""
    return text if 0 < len(text) <= 200 else None


def place_of(part: Part, row: Row | BadRow) -> str:
    """`file:line`, as shown to people."""
    return f"{part.path.name}:{row.line}"


class _Builder:
    def __init__(self, index: sqlite3.Connection, style: Style, zone: ZoneInfo) -> None:
        self._index, self._style, self._zone = index, style, zone

    def add_parents(self, part: Part, layout: EntityLayout) -> None:
        for row in self._rows(part, [layout.id, layout.stamp]):
            place = place_of(part, row)
            object_id = id_in(row.body, layout.id) if isinstance(row, Row) else None
            if object_id is not None:
                self._index.execute("INSERT OR IGNORE INTO parent VALUES (?, ?)", [object_id, place])
            if isinstance(row, BadRow) or object_id is None or not self._stamped(row, layout.stamp):
                self._index.execute("INSERT INTO lost VALUES (?)", [place])

    def add_children(self, part: Part, name: str, layout: ChildLayout) -> None:
        for row in self._rows(part, [layout.parent, layout.id, layout.stamp]):
            place = place_of(part, row)
            if isinstance(row, BadRow):
                self._add_stray(place, row.raw, row.reason)
                continue
            parent = id_in(row.body, layout.parent)
            child_id = id_in(row.body, layout.id) if layout.id is not None else ""
            if parent is None or child_id is None:
                self._add_stray(place, row.raw, f"no usable id in {layout.id if parent else layout.parent}")
                continue
            values = [parent, name, child_id, place, orjson.dumps(row.body), row.raw]
            self._index.execute("INSERT INTO child VALUES (?, ?, ?, ?, ?, ?)", values)
            if not self._stamped(row, layout.stamp):
                self._index.execute("INSERT INTO lost VALUES (?)", [place])

    def _stamped(self, row: Row, column: str | None) -> bool:
        if column is not None:
            try:
                stamp_in(row.body, column, self._zone)
            except NoStamp:
                return False
        return True

    def _add_stray(self, place: str, raw: bytes, reason: str) -> None:
        self._index.execute("INSERT INTO stray VALUES (NULL, ?, ?, ?)", [place, raw, reason])

    def _rows(self, part: Part, columns: Sequence[str | None]) -> Iterator[Row | BadRow]:
        """The rows; Rejected when a CSV file lacks a column or, behind the last row, when the number is wrong."""
        rows = 0
        for row in read_rows(part.path, self._style):
            if rows == 0 and isinstance(row, Row) and self._style.format is FileFormat.CSV:
                missing = [column for column in columns if column is not None and column not in row.body]
                if missing:
                    raise Rejected(f"{part.path.name}:1: no column {', '.join(missing)}")
            rows += 1
            yield row
        if part.rows is not None and rows != part.rows:
            raise Rejected(f"{part.path.name} has {rows} rows, the manifest promises {part.rows}")
