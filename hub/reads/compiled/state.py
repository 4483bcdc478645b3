"""What an answer was made of, as a text that any change of it changes: told with the answer, and alone much sooner."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnClause,
    ColumnElement,
    Select,
    TableClause,
    Text,
    TextClause,
    Uuid,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.sql.functions import FunctionElement

from hub.reads.compiled.page import PageRows
from hub.reads.compiled.selection import Paged, Total
from hub.store.touches import TOUCHING, CustomerTouch

NOW = "now"
"""The parameter that holds the time of the request."""

_TELLING_TIME = frozenset({"now", "current_timestamp", "current_date", "clock_timestamp", "statement_timestamp"})


def state_of(customer: ColumnElement[Any]) -> ColumnElement[str]:
    """Of one customer; NULL where there is none, and then nothing tells of a change."""
    touch = CustomerTouch.__table__.alias()
    ordered: Any = aggregate_order_by(literal_column("','"), touch.c["transaction"])
    marks = func.string_agg(cast(touch.c["transaction"], Text()), ordered)
    lately = select(marks).where(touch.c["customer_id"] == customer)
    return (
        cast(customer, Text())
        .concat(literal_column("':'"))
        .concat(func.coalesce(lately.correlate_except(touch).scalar_subquery(), literal_column("''")))
    )


def state_of_page(rows: PageRows, customer: str) -> ColumnElement[str]:
    """Of a page of customers: who is on it and behind it, in which order, and who of them was touched by which.

    All of them are looked up at once: one look-up for each took PostgreSQL a tenth of the page.
    """
    touch = CustomerTouch.__table__.alias()
    ids: Any = func.array_agg(rows.rows.c[customer], type_=ARRAY(Uuid()))
    mark = (
        cast(touch.c["customer_id"], Text()).concat(literal_column("':'")).concat(cast(touch.c["transaction"], Text()))
    )
    ordered: Any = aggregate_order_by(literal_column("','"), touch.c["customer_id"], touch.c["transaction"])
    lately = select(func.string_agg(mark, ordered)).where(touch.c["customer_id"] == func.any(ids))
    return (
        func.coalesce(cast(ids, Text()), literal_column("''"))
        .concat(literal_column("';'"))
        .concat(func.coalesce(lately.correlate_except(touch).scalar_subquery(), literal_column("''")))
    )


def is_told_by_state(statement: Select[Any]) -> bool:
    """Whether everything the statement reads belongs to the customers whom it shows, and no time comes into it."""
    waiting: list[Any] = [statement]
    seen: dict[int, object] = {}
    while waiting:
        element = waiting.pop()
        if id(element) in seen:
            continue
        seen[id(element)] = element
        if isinstance(element, TableClause):
            if element.name not in TOUCHING:
                return False
            continue
        if isinstance(element, TextClause):  # it does not say what it reads
            return False
        if isinstance(element, BindParameter) and element.key == NOW:
            return False
        if isinstance(element, FunctionElement) and getattr(element, "name", "") in _TELLING_TIME:
            return False
        if isinstance(element, ColumnClause) and element.table is not None:
            waiting.append(element.table)
        waiting.extend(element.get_children())
    return True


def page_is_told_by_state(page: Paged) -> bool:
    """False where a page tells of customers who are not on it."""
    return Total() not in page.picked.values()
