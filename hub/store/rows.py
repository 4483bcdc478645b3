"""Statements past SQLAlchemy, inside its transaction: most are short, and its share was larger than the driver's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

import asyncpg
from sqlalchemy import text
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.exc import DBAPIError

from hub.store.begun import FAILED

_DIALECT: Final = PGDialect_asyncpg()  # type: ignore[no-untyped-call]  # SQLAlchemy leaves it untyped


class Row(asyncpg.Record):  # type: ignore[misc]  # asyncpg tells no types
    """A row: a sequence of values, which the columns' names give as attributes too."""

    __slots__ = ()

    def __getattr__(self, name: str) -> Any:  # Any: a column's type is not known here
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Rows:
    """What a statement gave, all of it read."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Sequence[Any]) -> None:  # Any: asyncpg's records, or SQLAlchemy's rows
        self._rows = rows

    def all(self) -> Sequence[Any]:
        """The rows in their order."""
        return self._rows

    def scalars(self) -> list[Any]:
        """The first value of each."""
        return [row[0] for row in self._rows]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rows)


async def fetch(driver: asyncpg.Connection, statement: str, binds: dict[str, object]) -> Rows:
    """The rows of a statement with :names; errors are those that SQLAlchemy raises, without the values."""
    sql, names = _numbered(statement)
    try:
        return Rows(await driver.fetch(sql, *[binds[name] for name in names], record_class=Row))
    except FAILED as error:
        raise DBAPIError(sql, None, error, hide_parameters=True) from error


@lru_cache(maxsize=512)
def _numbered(statement: str) -> tuple[str, tuple[str, ...]]:
    """With $1, $2 ..., and the names in that order."""
    compiled = text(statement).compile(dialect=_DIALECT)
    return str(compiled), tuple(compiled.positiontup or ())
