"""What callers ask of all web processes together, counted in PostgreSQL."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import BigInteger, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, mapped_column

from hub.errors import Transient
from hub.store.engine import Database
from hub.store.metadata import Table

_ADD = text(
    """INSERT INTO caller_usage AS u (subject, used, at)
       SELECT s, n, clock_timestamp() FROM unnest(CAST(:subjects AS text[]), CAST(:used AS bigint[])) AS r(s, n)
       ORDER BY s
       ON CONFLICT (subject) DO UPDATE SET used = u.used + excluded.used, at = excluded.at
       RETURNING subject, used"""
)

_FORGET = text(
    """DELETE FROM caller_usage WHERE subject IN
         (SELECT subject FROM caller_usage WHERE at < clock_timestamp() - interval '1 hour'
          ORDER BY subject LIMIT 1000 FOR UPDATE SKIP LOCKED)"""
)


class CallerUsage(Table):
    """Requests of one subject, counted up; unlogged, since a crash may begin to count anew."""

    __tablename__ = "caller_usage"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    subject: Mapped[str] = mapped_column(primary_key=True)
    used: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[datetime]


class UsageInPostgres:
    """See `hub.access.shared_usage.SharedUsage`; forgets who was quiet for an hour as it goes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turns = 0

    async def add(self, used: Mapping[str, int]) -> Mapping[str, int]:
        """One statement for all of them, in the order of subjects, so that processes do not wait in a ring."""
        self._turns += 1
        given = {"subjects": list(used), "used": list(used.values())}
        try:
            async with self._database.transaction() as connection:
                rows = {row.subject: row.used for row in await connection.execute(_ADD, given)}
                if self._turns % 600 == 0:
                    await connection.execute(_FORGET)
        except (SQLAlchemyError, OSError) as error:
            raise Transient("usage could not be counted") from error
        return rows

    async def aclose(self) -> None:
        """The database belongs to who opened it."""
