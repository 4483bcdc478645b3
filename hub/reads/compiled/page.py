"""One window of a list inside a statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Select, Subquery, Text, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY

from hub.reads.compiled.selection import Edges, Many, Object, One, Paged, PageFact, PageFacts
from hub.reads.formats import Piece, cursor_text
from hub.reads.paging import Window, sorting, within

PLACE: Final = "place_in_window"

NEXT: Final = "has_next_page"
PREVIOUS: Final = "has_previous_page"
START: Final = "start_cursor"
END: Final = "end_cursor"

FORWARDS: Final = Window(1)

ROWS_PLANNED_FOR: Final = 1_000
"""PostgreSQL takes an unknown LIMIT for a tenth of the table, and then sorts all of it rather than walk an index."""


@dataclass(frozen=True, slots=True)
class PageRows:
    """The page's rows in the list's order; where the page `peeks` there is one more, which tells that the list goes on.

    `everything` is the whole list.
    """

    page: Paged
    rows: Subquery
    everything: Select[Any]
    peeks: bool

    @property
    def cursor(self) -> Sequence[Piece]:
        """Of a row."""
        order = self.page.order
        return cursor_text(order.name, [self.rows.c[column.key or ""] for column in order.columns])

    def listed(self, element: ColumnElement[str]) -> ColumnElement[Any]:
        """The texts of the page's rows, with commas; NULL for none.

        The row that was peeked at is cut off afterwards where it costs little: to number rows costs more.
        """
        comma = literal_column("','", Text())
        if self._numbered:
            return func.string_agg(element, comma).filter(self.rows.c[PLACE] <= self.page.window.limit)
        if not self.peeks:
            return func.string_agg(element, comma)
        return func.array_to_string(self._array(element)[self._first : self._last], comma)

    def values(self, name: str) -> ColumnElement[Any]:
        """A column of the page's rows as an array."""
        column = self._array(self.rows.c[name])
        return column[self._first : self._last] if self.peeks else column

    def end(self, name: str) -> Sequence[Piece]:
        """The cursor of the first row or of the last one; NULL where there is none."""
        place = self._first if name == START else self._last
        keys = [self._array(self.rows.c[column.key or ""])[place] for column in self.page.order.columns]
        return cursor_text(self.page.order.name, keys)

    @property
    def _numbered(self) -> bool:
        return PLACE in self.rows.c

    @property
    def _first(self) -> ColumnElement[int]:
        behind_the_peeked = self.page.window.backwards and self.peeks
        if not behind_the_peeked:
            return literal_column("1", Integer())
        return cast(func.count() > self.page.window.limit, Integer()) + literal_column("1", Integer())

    @property
    def _last(self) -> ColumnElement[int]:
        limit: ColumnElement[int] = func.count(type_=Integer())
        return limit if self.page.window.backwards else func.least(self.page.window.limit, limit, type_=Integer())

    def _array(self, element: ColumnElement[Any]) -> ColumnElement[Any]:
        return func.array_agg(element, type_=ARRAY(element.type))


def page_rows(page: Paged, everything: Select[Any]) -> PageRows:
    """The rows of the page's window."""
    window, limit = page.window, page.window.limit
    peeks = _asks(page, PREVIOUS if window.backwards else NEXT)
    cut = within(everything, page.order, window)
    if isinstance(limit, ColumnElement):
        planned = cut.limit(literal_column(str(ROWS_PLANNED_FOR), Integer())).subquery()
        cut = select(*planned.c)
    rows = cut.limit(limit + 1 if peeks else limit).subquery()
    if peeks and _is_deep(page):
        # The rows come in the order in which the window is read.
        rows = select(*rows.c, func.row_number().over().label(PLACE)).subquery()
    if window.backwards:
        own = [rows.c[column.key or ""] for column in page.order.columns]
        rows = select(*rows.c).order_by(*sorting(own, page.order, FORWARDS)).subquery()
    return PageRows(page, rows, everything, peeks)


def _is_deep(page: Paged) -> bool:
    """Whether a row is more than its own values."""
    edges = [edges for edges in page.picked.values() if isinstance(edges, Edges)]
    nodes = [node for each in edges for node in each.picked.values() if isinstance(node, Object)]
    return any(isinstance(value, Many | One | Paged) for node in nodes for value in node.picked.values())


def _asks(page: Paged, fact: str) -> bool:
    asked = PageFact(fact)
    return any(asked in facts.picked.values() for facts in page.picked.values() if isinstance(facts, PageFacts))
