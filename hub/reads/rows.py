"""Rows as frozen objects whose fields name the columns, so that a column is listed once per shape."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cache
from types import NoneType
from typing import Any, Generic, TypeVar, get_args, get_type_hints

from sqlalchemy import ColumnElement, Select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.metadata import Table

RowT = TypeVar("RowT")
RowT_co = TypeVar("RowT_co", covariant=True)


@dataclass(frozen=True, eq=False)
class Shape(Generic[RowT_co]):
    """A row class and the table its fields are columns of, but for those that are `computed` from others."""

    row: type[RowT_co]
    table: type[Table]
    computed: Mapping[str, ColumnElement[Any]] = field(default_factory=dict, kw_only=True)

    def column(self, name: str) -> ColumnElement[Any]:  # Any: the table is known only at run time
        """The table's column of that name, or what is computed under it."""
        computed = self.computed.get(name)
        return self.table.__table__.c[name] if computed is None else computed.label(name)

    @property
    def columns(self) -> list[ColumnElement[Any]]:
        """The columns to select, in the order of the row's fields."""
        return [self.column(field.name) for field in fields(self.row)]  # type: ignore[arg-type]  # rows are dataclasses


@cache
def nullable_fields(row: type) -> frozenset[str]:
    """The fields of a row class that may be None."""
    return frozenset(name for name, kind in get_type_hints(row).items() if NoneType in get_args(kind))


async def fetch(connection: AsyncConnection, row: type[RowT], statement: Select[Any]) -> Sequence[RowT]:
    """The result as `row` objects; `statement` selects the row's fields in their order, and nothing behind them."""
    return [row(*record) for record in await connection.execute(statement)]
