"""The legs of a session: who spoke with the customer in which channel, one after the other."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.session_tables import SessionLeg
from hub.records.contact import SessionResult
from hub.store.straight import run
from hub.store.write_row import insert_row


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
    await insert_row(connection, SessionLeg, values)


async def end_leg(connection: AsyncConnection, session: UUID, result: SessionResult, now: datetime) -> None:
    """The open leg, if there is one: a session that waits has none."""
    statement = "UPDATE session_leg SET ended_at = $1, result = $2 WHERE session_id = $3 AND ended_at IS NULL"
    await run(connection, statement, now, result.value, session)


async def name_agent(connection: AsyncConnection, session: UUID, agent: str) -> None:
    """Of the open leg, where nobody had it: whoever acts first in a contact that waited to be answered."""
    statement = "UPDATE session_leg SET agent = $1 WHERE session_id = $2 AND ended_at IS NULL AND agent IS NULL"
    await run(connection, statement, agent, session)
