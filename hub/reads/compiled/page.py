"""One window of a list inside a statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Select, Subquery, func, literal_column, select

from hub.reads.compiled.selection import Paged, PageFact, PageFacts
from hub.reads.formats import cursor_text
from hub.reads.paging import Window, sorting, within

PLACE: Final = "place_in_window"

FORWARDS: Final = Window(1)

ROWS_PLANNED_FOR: Final = 1_000
"""PostgreSQL takes an unknown LIMIT for a tenth of the table, and then sorts all of it rather than walk an index."""


@dataclass(frozen=True, slots=True)
class PageRows:
    """The page's rows in the list's order; where the page `peeks` there is one more, which tells that the list goes on.

    `everything` is the whole list.
    """

    rows: Subquery
    cursor: ColumnElement[str]
    inside: ColumnElement[bool] | None
    everything: Select[Any]

    def kept(self, aggregate: Any) -> ColumnElement[Any]:  # Any: SQLAlchemy's functions of unknown type
        """The aggregate over the page without the row that was peeked at."""
        kept: ColumnElement[Any] = aggregate if self.inside is None else aggregate.filter(self.inside)
        return kept


def page_rows(page: Paged, everything: Select[Any]) -> PageRows:
    """The rows of the page's window."""
    window = page.window
    peeks = _peeks(page)
    towards = sorting(page.order.columns, page.order, window)
    numbered = everything.add_columns(func.row_number().over(order_by=towards).label(PLACE)) if peeks else everything
    cut = within(numbered, page.order, window)
    if isinstance(window.limit, ColumnElement):
        planned = cut.limit(literal_column(str(ROWS_PLANNED_FOR), Integer())).subquery()
        cut = select(*planned.c)
    rows = cut.limit(window.limit + 1 if peeks else window.limit).subquery()
    if window.backwards:
        own = [rows.c[column.key or ""] for column in page.order.columns]
        rows = select(*rows.c).order_by(*sorting(own, page.order, FORWARDS)).subquery()
    key = [rows.c[column.key or ""] for column in page.order.columns]
    inside = rows.c[PLACE] <= window.limit if peeks else None
    return PageRows(rows, cursor_text(page.order.name, key), inside, everything)


def _peeks(page: Paged) -> bool:
    """Whether the page tells if the list goes on beyond the side that it is read towards."""
    asked = PageFact("has_previous_page" if page.window.backwards else "has_next_page")
    return any(asked in facts.picked.values() for facts in page.picked.values() if isinstance(facts, PageFacts))
