"""What a text of SQL tells of a key: of many keys at once, or beside a row inside a larger statement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import FromClause, Select, Uuid, select, text, true
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnClause

from hub.reads.parts import asked_for
from hub.reads.relations import Relation

RowT = TypeVar("RowT")


@dataclass(frozen=True, eq=False)
class Beside(Generic[RowT]):
    """Rows of class `row` beside an id, in the order of the columns `by`; who may see whose id it is may see them.

    `words` select the row's `columns` in the order of its fields, for the id `asked.key`.
    """

    row: type[RowT]
    words: str
    columns: Sequence[ColumnClause[Any]]  # Any: columns of a row have different types
    by: Sequence[str]

    def relation(self) -> Relation:
        """Beside a row with an `id`."""
        return Relation(self.row, self._beside)

    async def of_each(self, connection: AsyncConnection, ids: Sequence[UUID]) -> Mapping[UUID, Sequence[RowT]]:
        """Per id, also where there is nothing."""
        found: dict[UUID, list[RowT]] = {one: [] for one in ids}
        asked = asked_for(ids, Uuid())
        told = self._told(asked).add_columns(asked.c.key)
        for *fields, key in await connection.execute(told):
            found[key].append(self.row(*fields))
        return found

    def _beside(self, parent: FromClause) -> Select[Any]:
        return self._told(select(parent.c["id"].label("key")).correlate(parent).subquery("asked"))

    def _told(self, asked: FromClause) -> Select[Any]:
        own = text(self.words).columns(*self.columns).lateral("told")
        return select(*own.c).select_from(asked).join(own, true()).order_by(*(own.c[name] for name in self.by))
