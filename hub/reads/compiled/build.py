"""From a selection to the SQL that writes its JSON.

Text is put together, since json_build_object ends at 50 pairs and row_to_json cuts names at 63 bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, assert_never

from sqlalchemy import ColumnElement, FromClause, Select, Text, case, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import aggregate_order_by

from hub.reads.compiled.page import END, PREVIOUS, START, PageRows, page_rows
from hub.reads.compiled.selection import (
    Constant,
    Cursor,
    Edges,
    GlobalId,
    Made,
    Many,
    Object,
    One,
    Paged,
    PageFact,
    PageFacts,
    Selected,
    Total,
    Value,
)
from hub.reads.formats import Piece, global_id, joined, json_text, utf8
from hub.reads.rows import nullable_fields


def as_bytes(text: ColumnElement[str]) -> ColumnElement[bytes]:
    """The text as the response will hold it, so that nobody has to decode it."""
    return utf8(text)


def object_text(chosen: Object, row: FromClause) -> ColumnElement[str]:
    """The object of one row."""
    return joined(_object(chosen, row))


def list_text(chosen: Object, rows: FromClause) -> ColumnElement[str]:
    """The objects of rows whose `place` orders them."""
    listed = func.string_agg(
        element_text(chosen, rows), aggregate_order_by(literal_column("','"), rows.c["place"]), type_=Text()
    )
    return joined(["[", func.coalesce(listed, literal_column("''")), "]"])


def element_text(chosen: Object, rows: FromClause) -> ColumnElement[str]:
    """The object of a row; null for a row without an `id`."""
    found = rows.c["id"].is_not(None)
    return case((found, object_text(chosen, rows)), else_=literal_column("'null'", Text()))


def page_text(page: Paged, rows: PageRows) -> ColumnElement[str]:
    """The connection of a page that has been cut."""
    return joined(_braced({key: _of_page(part, page, rows) for key, part in page.picked.items()}))


def of_one_page(statement: Select[Any], rows: PageRows) -> Select[Any]:
    """One row for the page, also when nothing is asked of its rows."""
    return statement.select_from(rows.rows).having(func.count() >= 0)


def _object(chosen: Object, row: FromClause) -> Iterator[Piece]:
    nullable = nullable_fields(chosen.row)
    return _braced({key: _value(value, row, nullable) for key, value in chosen.picked.items()})


def _value(value: Selected, row: FromClause, nullable: frozenset[str]) -> Sequence[Piece]:
    match value:
        case Constant(json):
            return [json]
        case Value(name, enum):
            return json_text(row.c[name], nullable=name in nullable, enum=enum)
        case Made(derived, enum):
            return json_text(derived.column(row), nullable=derived.nullable, enum=enum)
        case GlobalId(type_name, name):
            return global_id(type_name, row.c[name])
        case Many(relation, picked):
            rows = relation.rows(row).subquery()
            listed = joined(["[", func.coalesce(_listed(object_text(picked, rows)), literal_column("''")), "]"])
            return [_scalar(select(listed).select_from(rows))]
        case One(relation, picked):
            rows = relation.rows(row).subquery()
            found = _scalar(select(object_text(picked, rows)).select_from(rows))
            return [func.coalesce(found, literal_column("'null'", Text()))]
        case Paged():
            cut = page_rows(value, value.relation.rows(row))
            return [_scalar(of_one_page(select(page_text(value, cut)), cut))]
    assert_never(value)


def _of_page(part: Constant | Edges | PageFacts | Total, page: Paged, rows: PageRows) -> Sequence[Piece]:
    match part:
        case Constant(json):
            return [json]
        case Edges(picked):
            edge = joined(_braced({key: _of_edge(value, rows) for key, value in picked.items()}))
            return ["[", func.coalesce(rows.listed(edge), literal_column("''")), "]"]
        case PageFacts(facts):
            return list(_braced({key: _fact(fact, page, rows) for key, fact in facts.items()}))
        case Total():
            counted = rows.everything.order_by(None).subquery()
            return [cast(_scalar(select(func.count()).select_from(counted)), Text())]
    assert_never(part)


def _of_edge(value: Constant | Cursor | Object, rows: PageRows) -> Sequence[Piece]:
    match value:
        case Constant(json):
            return [json]
        case Cursor():
            return rows.cursor
        case Object():
            return list(_object(value, rows.rows))
    assert_never(value)


def _fact(fact: Constant | PageFact, page: Paged, rows: PageRows) -> Sequence[Piece]:
    if isinstance(fact, Constant):
        return [fact.json]
    if fact.name in (START, END):
        return [func.coalesce(joined(rows.end(fact.name)), literal_column("'null'", Text()))]
    window = page.window
    if (fact.name == PREVIOUS) is window.backwards:
        return json_text(func.count() > window.limit, nullable=False)
    return ["true" if (window.before if window.backwards else window.after) is not None else "false"]


def _braced(values: Mapping[str, Sequence[Piece]]) -> Iterator[Piece]:
    yield "{"
    for place, (key, value) in enumerate(values.items()):
        yield f'{"," if place else ""}"{key}":'
        yield from value
    yield "}"


def _listed(text: ColumnElement[str]) -> Any:  # Any: an aggregate that may still get a filter
    return func.string_agg(text, literal_column("','"))


def _scalar(statement: Select[Any]) -> ColumnElement[Any]:
    return statement.scalar_subquery()
