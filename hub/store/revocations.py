"""Tokens that were ended before their time, kept for all processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy import BigInteger, CheckConstraint, Identity, func, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import Mapped, mapped_column

from hub.access.revoked import Revocation, Revoked
from hub.clock import Clock
from hub.store.engine import Database
from hub.store.metadata import Table

KEPT: Final = timedelta(days=366)
"""Longer than any token should be good for."""

LOOK_EVERY_S: Final = 1.0

log = structlog.get_logger(__name__)


class TokenRevocation(Table):
    """One token by its `jti`, or all of a subject issued before a time; binding until `until`, kept as a record."""

    __tablename__ = "token_revocation"
    __table_args__ = (
        CheckConstraint(
            "(token_id IS NULL) <> (subject IS NULL) AND (subject IS NULL) = (issued_before IS NULL)", name="names_one"
        ),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    token_id: Mapped[str | None]
    subject: Mapped[str | None]
    issued_before: Mapped[datetime | None]
    reason: Mapped[str | None]
    revoked_by: Mapped[str]
    at: Mapped[datetime]
    until: Mapped[datetime]


async def revoke(connection: AsyncConnection, revocation: Revocation, by: str, reason: str | None, at: datetime) -> int:
    """Add it to the list; every process refuses such tokens within seconds of the commit. Answers its number."""
    values = {
        "token_id": revocation.token_id,
        "subject": revocation.subject,
        "issued_before": revocation.issued_before,
        "reason": reason,
        "revoked_by": by,
        "at": at,
        "until": at + KEPT,
    }
    number = await connection.scalar(insert(TokenRevocation).values(values).returning(TokenRevocation.id))
    return int(number or 0)


async def binding_revocations(connection: AsyncConnection, at: datetime) -> list[Revocation]:
    """Those that still say something."""
    row = TokenRevocation
    rows = await connection.execute(select(row.token_id, row.subject, row.issued_before).where(row.until > at))
    return [Revocation(*each) for each in rows]


class FollowRevocations:
    """Keeps a process's list as the table has it, and calls `looked` after each look, also a vain one.

    While the database is away the last list goes on counting.
    """

    def __init__(self, database: Database, revoked: Revoked, clock: Clock, looked: Callable[[], None]) -> None:
        self._database, self._revoked, self._clock, self._looked = database, revoked, clock, looked
        self._known: tuple[int, int] | None = None

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            await self.look_on()
            await asyncio.sleep(LOOK_EVERY_S)

    async def look_on(self) -> None:
        """One look, whatever the database says."""
        try:
            await self.look()
        except (SQLAlchemyError, OSError) as error:
            log.warning("the list of revoked tokens was not read", error=type(error).__name__)
        self._looked()

    async def look(self) -> None:
        """Read the list if it has grown; a number that commits late makes it longer all the same."""
        row = TokenRevocation
        async with self._database.reading() as connection:
            grown = await connection.execute(select(func.count(row.id), func.coalesce(func.max(row.id), 0)))
            count, newest = grown.one()
            now = (count, newest)
            if now != self._known:
                self._revoked.replace(await binding_revocations(connection, self._clock()))
        self._known = now
