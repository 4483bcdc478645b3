"""One window of a list inside a statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, Select, Subquery, func, literal_column, select

from hub.reads.compiled.selection import Paged, PageFact, PageFacts
from hub.reads.formats import cursor_text
from hub.reads.paging import Window, sorting, within

PLACE: Final = "place_in_window"
FOUND: Final = "found_in_window"

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

    rows: Subquery
    cursor: ColumnElement[str]
    inside: ColumnElement[bool] | None
    ends: Mapping[str, ColumnElement[bool]]
    """Which row the first and the last cursor are of, where they are asked for: others need not be made."""
    everything: Select[Any]

    def kept(self, aggregate: Any) -> ColumnElement[Any]:  # Any: SQLAlchemy's functions of unknown type
        """The aggregate over the page without the row that was peeked at."""
        kept: ColumnElement[Any] = aggregate if self.inside is None else aggregate.filter(self.inside)
        return kept


def page_rows(page: Paged, everything: Select[Any]) -> PageRows:
    """The rows of the page's window."""
    window, limit = page.window, page.window.limit
    peeks = _asks(page, PREVIOUS if window.backwards else NEXT)
    cut = within(everything, page.order, window)
    if isinstance(limit, ColumnElement):
        planned = cut.limit(literal_column(str(ROWS_PLANNED_FOR), Integer())).subquery()
        cut = select(*planned.c)
    rows = cut.limit(limit + 1 if peeks else limit).subquery()
    bounded = _asks(page, START) or _asks(page, END)
    if peeks or bounded:
        # The rows come in the order in which the window is read.
        place, found = func.row_number().over().label(PLACE), func.count().over().label(FOUND)
        rows = select(*rows.c, place, *([found] if bounded else [])).subquery()
    if window.backwards:
        own = [rows.c[column.key or ""] for column in page.order.columns]
        rows = select(*rows.c).order_by(*sorting(own, page.order, FORWARDS)).subquery()
    key = [rows.c[column.key or ""] for column in page.order.columns]
    return PageRows(
        rows,
        cursor_text(page.order.name, key),
        rows.c[PLACE] <= limit if peeks else None,
        _ends(rows, window) if bounded else {},
        everything,
    )


def _ends(rows: Subquery, window: Window) -> Mapping[str, ColumnElement[bool]]:
    begun, ended = rows.c[PLACE] == 1, rows.c[PLACE] == func.least(window.limit, rows.c[FOUND])
    return {START: ended, END: begun} if window.backwards else {START: begun, END: ended}


def _asks(page: Paged, fact: str) -> bool:
    asked = PageFact(fact)
    return any(asked in facts.picked.values() for facts in page.picked.values() if isinstance(facts, PageFacts))
