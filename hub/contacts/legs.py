"""The legs of a session: who spoke with the customer in which channel, one after the other."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.session_tables import SessionLeg
from hub.records.contact import SessionResult

_INSERT: Final = insert(SessionLeg)


async def begin_first_leg(
    connection: AsyncConnection, session: UUID, channel: str, agent: str | None, now: datetime
) -> None:
    """Of a session that is new."""
    await _begin(connection, session, 1, channel, agent, now)


async def begin_leg(connection: AsyncConnection, session: UUID, channel: str, agent: str | None, now: datetime) -> None:
    """The next leg; the session must be held."""
    last = select(func.coalesce(func.max(SessionLeg.number), 0)).where(SessionLeg.session_id == session)
    number = (await connection.execute(last)).scalar_one() + 1
    await _begin(connection, session, number, channel, agent, now)


async def _begin(
    connection: AsyncConnection, session: UUID, number: int, channel: str, agent: str | None, now: datetime
) -> None:
    values = {"session_id": session, "number": number, "channel": channel, "agent": agent, "began_at": now}
    await connection.execute(_INSERT, values)


async def end_leg(connection: AsyncConnection, session: UUID, result: SessionResult, now: datetime) -> None:
    """The open leg, if there is one: a session that waits has none."""
    open_leg = (SessionLeg.session_id == session, SessionLeg.ended_at.is_(None))
    await connection.execute(update(SessionLeg).where(*open_leg).values(ended_at=now, result=result.value))
