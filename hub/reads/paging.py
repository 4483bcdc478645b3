"""Keyset pages: a page begins behind a key, so a page deep in a list costs what the first one does."""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeAlias, TypeVar
from uuid import UUID

import orjson
from sqlalchemy import ColumnElement, Select, literal, tuple_

from hub.errors import Invalid
from hub.reads.formats import time_text

RowT = TypeVar("RowT")
RowT_co = TypeVar("RowT_co", covariant=True)

KeyValue: TypeAlias = str | int | float | datetime | UUID | ColumnElement[Any]  # Any: a value that is bound later
Key: TypeAlias = tuple[KeyValue, ...]

_READ: Final[Mapping[type, Callable[[str], KeyValue]]] = {
    str: str,
    int: lambda written: _bigint(int(written)),
    float: float,
    datetime: datetime.fromisoformat,
    UUID: UUID,
}


def _bigint(number: int) -> int:
    if abs(number) >= 2**63:
        raise ValueError(number)
    return number


_PLAIN: Final = str.maketrans("-_", "+/")
"""Cursors were once made for URLs; clients may still hold such a one."""


@dataclass(frozen=True, eq=False)
class Order:
    """A total order: the last column is unique and none is nullable. `name` keeps cursors of other orders out."""

    name: str
    columns: tuple[ColumnElement[Any], ...]  # Any: columns of one key have different types
    descending: bool = False

    def cursor_of(self, row: object) -> str:
        """Opaque text for the row's place in this order; the row has a field for each of the order's columns."""
        key = [getattr(row, column.key or "") for column in self.columns]
        texts = [time_text(value) if isinstance(value, datetime) else value for value in key]
        return b64encode(orjson.dumps([self.name, *texts], default=str)).decode()

    def key_of(self, cursor: str, argument: str) -> Key:
        """The key inside a cursor; raises Invalid for one that `cursor_of` did not make for this order."""
        try:
            name, *texts = orjson.loads(b64decode(cursor.translate(_PLAIN) + "=" * (-len(cursor) % 4)))
            types = [column.type.python_type for column in self.columns]
            key = tuple(_READ[kind](text) for kind, text in zip(types, texts, strict=True))
        except (ValueError, TypeError):
            raise Invalid("this is not a cursor of this list", (argument,)) from None
        if name != self.name:
            raise Invalid("this cursor belongs to another order of the list", (argument,))
        return key


@dataclass(frozen=True, slots=True)
class Window:
    """Which part of a list: up to `limit` rows behind `after` and before `before`, from the end if `backwards`.

    A statement that is kept has parameters in the place of the values.
    """

    limit: int | ColumnElement[int]
    after: Key | None = None
    before: Key | None = None
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Page(Generic[RowT_co]):
    """A part of a list in the list's order, and whether there is more on either side."""

    rows: Sequence[RowT_co]
    has_next: bool = False
    has_previous: bool = False


def windowed(statement: Select[Any], order: Order, window: Window) -> Select[Any]:
    """`statement` cut to the window and one row more, which tells whether the list goes on."""
    return within(statement, order, window).limit(window.limit + 1)


def within(statement: Select[Any], order: Order, window: Window) -> Select[Any]:
    """The rows between the window's ends, from the end that it begins at."""
    if window.after is not None:
        statement = statement.where(_beyond(order, window.after, smaller=order.descending))
    if window.before is not None:
        statement = statement.where(_beyond(order, window.before, smaller=not order.descending))
    return statement.order_by(*sorting(order.columns, order, window))


def sorting(columns: Sequence[ColumnElement[Any]], order: Order, window: Window) -> Sequence[ColumnElement[Any]]:
    """The ORDER BY that reads a window from the end it begins at; `columns` are the order's, wherever they now are."""
    descending = order.descending != window.backwards
    return [column.desc() if descending else column.asc() for column in columns]


def _beyond(order: Order, key: Key, *, smaller: bool) -> ColumnElement[bool]:
    here = tuple_(*order.columns)
    pairs = zip(order.columns, key, strict=True)
    there = tuple_(*(value if isinstance(value, ColumnElement) else literal(value, c.type) for c, value in pairs))
    return here < there if smaller else here > there


def page_of(rows: Sequence[RowT], window: Window) -> Page[RowT]:
    """The page from what a windowed statement found; the side one came from has more, as its cursor is there."""
    limit = window.limit
    if not isinstance(limit, int):
        raise TypeError("a page is cut at a number of rows")
    kept, more = rows[:limit], len(rows) > limit
    if window.backwards:
        return Page(kept[::-1], has_next=window.before is not None, has_previous=more)
    return Page(kept, has_next=more, has_previous=window.after is not None)
