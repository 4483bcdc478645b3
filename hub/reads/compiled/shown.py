"""Which customers an answer shows beside those whom its root field found: their parts are told with their own owner."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Text, Uuid, cast, func, literal_column, null, select
from sqlalchemy.dialects.postgresql import ARRAY

from hub.reads.compiled.page import PageRows, page_rows
from hub.reads.compiled.selection import Edges, Many, Object, One, Paged
from hub.reads.relations import Relation

COMMA = literal_column("','", Text())


def shown_beside(chosen: Object, row: FromClause) -> Sequence[ColumnElement[str]]:
    """Texts of ids with commas, NULL for none, of whom the selection shows below a row."""
    return list(_below(chosen, row))


def shown_on(page: Paged) -> Sequence[Object]:
    """What is selected of a page's rows."""
    edges = [part for part in page.picked.values() if isinstance(part, Edges)]
    return [node for each in edges for node in each.picked.values() if isinstance(node, Object)]


def of_row(own: ColumnElement[Any] | None, beside: Sequence[ColumnElement[str]]) -> ColumnElement[Any]:
    """A row's own customer and those beside it, as one id or an array of them."""
    if not beside:
        return cast(null(), Uuid()) if own is None else own
    return ids_in(texts_of(own, beside))


def of_rows(own: ColumnElement[Any] | None, beside: Sequence[ColumnElement[str]]) -> ColumnElement[Any]:
    """The same of many rows together."""
    if not beside:
        return cast(null(), Uuid()) if own is None else func.array_agg(own, type_=ARRAY(Uuid()))
    return ids_in(func.string_agg(texts_of(own, beside), COMMA))


def of_page(rows: PageRows, own: str | None, beside: Sequence[ColumnElement[str]]) -> ColumnElement[Any]:
    """The same of a page; the row that was only peeked at is shown to nobody."""
    if not beside:
        return cast(null(), Uuid()) if own is None else rows.values(own)
    return ids_in(rows.listed(texts_of(None if own is None else rows.rows.c[own], beside)))


def _below(chosen: Object, row: FromClause) -> Iterator[ColumnElement[str]]:
    for value in chosen.picked.values():
        if isinstance(value, Many | One):
            if _shows(value.relation, [value.picked]):
                rows = value.relation.rows(row).subquery()
                yield _listed(value.relation, [value.picked], rows, select().select_from(rows))
        elif isinstance(value, Paged) and _shows(value.relation, shown_on(value)):
            nodes = {key: part for key, part in value.picked.items() if isinstance(part, Edges)}
            cut = page_rows(replace(value, picked=nodes), value.relation.rows(row)).rows
            yield _listed(value.relation, shown_on(value), cut, select().select_from(cut))


def _listed(
    relation: Relation, chosen: Sequence[Object], rows: FromClause, statement: Select[Any]
) -> ColumnElement[str]:
    own = None if relation.owner is None else rows.c[relation.owner]
    beside = [text for each in chosen for text in _below(each, rows)]
    return statement.add_columns(func.string_agg(texts_of(own, beside), COMMA, type_=Text())).scalar_subquery()


def _shows(relation: Relation, chosen: Sequence[Object]) -> bool:
    if relation.owner is not None:
        return True
    for each in chosen:
        for value in each.picked.values():
            if isinstance(value, Many | One) and _shows(value.relation, [value.picked]):
                return True
            if isinstance(value, Paged) and _shows(value.relation, shown_on(value)):
                return True
    return False


def texts_of(own: ColumnElement[Any] | None, beside: Sequence[ColumnElement[str]]) -> ColumnElement[str]:
    """The ids of a row, NULL for none."""
    first = [] if own is None else [cast(own, Text())]
    if not first and not beside:
        return cast(null(), Text())
    return func.nullif(func.concat_ws(COMMA, *first, *beside, type_=Text()), literal_column("''"), type_=Text())


def ids_in(texts: ColumnElement[str]) -> ColumnElement[Any]:
    """The ids in such texts as an array."""
    return cast(func.string_to_array(texts, COMMA), ARRAY(Uuid()))
