"""A list of objects of several types in one statement: each type's are read together, then put in their places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, Text, func, literal_column, select, union_all
from sqlalchemy.dialects.postgresql import aggregate_order_by

from hub.reads.compiled.build import as_bytes, element_text
from hub.reads.compiled.selection import Object
from hub.reads.compiled.shown import ids_in, texts_of
from hub.reads.formats import joined


@dataclass(frozen=True, slots=True)
class OfOneType:
    """What is picked of rows with a `place`; their own customer, if they have one, and whom the selection shows."""

    picked: Object
    rows: FromClause
    own: ColumnElement[Any] | None
    beside: Sequence[ColumnElement[str]]


def united(parts: Sequence[OfOneType]) -> Select[Any]:
    """The list's bytes in the order of places, and the customers shown."""
    whole = union_all(*(_elements(part) for part in parts)).subquery("element")
    comma = literal_column("','", Text())
    listed = func.string_agg(whole.c.text, aggregate_order_by(comma, whole.c.place), type_=Text())
    return select(as_bytes(joined(["[", listed, "]"])), ids_in(func.string_agg(whole.c.shown, comma)))


def _elements(part: OfOneType) -> Select[Any]:
    shown = texts_of(part.own, part.beside)
    text = element_text(part.picked, part.rows)
    return select(text.label("text"), part.rows.c["place"], shown.label("shown")).select_from(part.rows)
