"""Fetch rows as the frozen dataclass whose fields name the columns, so that a column is listed once per shape."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.store.metadata import Table

RowT = TypeVar("RowT")
RowT_co = TypeVar("RowT_co", covariant=True)


@dataclass(frozen=True)
class Shape(Generic[RowT_co]):
    """A row class and the table its fields are columns of."""

    row: type[RowT_co]
    table: type[Table]

    def column(self, name: str) -> ColumnElement[Any]:  # Any: the table is known only at run time
        """The table's column of that name."""
        return self.table.__table__.c[name]

    @property
    def columns(self) -> list[ColumnElement[Any]]:
        """The columns to select, in the order of the row's fields."""
        return [self.column(field.name) for field in fields(self.row)]  # type: ignore[arg-type]  # rows are dataclasses


async def fetch(connection: AsyncConnection, row: type[RowT], statement: Select[Any]) -> Sequence[RowT]:
    """The result as `row` objects; `statement` selects the row's fields in their order, and nothing behind them."""
    return [row(*record) for record in await connection.execute(statement)]
