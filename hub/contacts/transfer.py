"""Hand a contact to another channel, queue or agent, and go on with one that waits: the session stays what it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.desk import Conductor, ContactDesk
from hub.contacts.legs import begin_leg, end_leg
from hub.contacts.session import expect_conducted, hold, move
from hub.contacts.start_session import channel_of
from hub.contacts.telling import Entry, tell
from hub.errors import Conflict, Invalid
from hub.records.contact import SessionResult, SessionState, TimelineKind


@dataclass(frozen=True, slots=True)
class Destination:
    """Where the customer goes; at least one of them. A channel left out is the one he is in."""

    channel: str | None = None
    queue: str | None = None
    agent: str | None = None


async def transfer_session(
    connection: AsyncConnection, desk: ContactDesk, session_id: UUID, to: Destination, now: datetime
) -> None:
    """WAITING for whoever takes it. Conflict unless somebody conducts it, Invalid for a transfer to nowhere."""
    if to == Destination():
        raise Invalid("say where to: a channel, a queue or an agent", ("to",))
    session = await hold(connection, session_id)
    channel = to.channel or session.channel
    channel_of(desk, channel)
    await end_leg(connection, session.id, SessionResult.TRANSFERRED, now)
    session = await move(
        connection, session, SessionState.WAITING, now, channel=channel, queue=to.queue, agent=to.agent
    )
    entry = Entry(TimelineKind.SESSION_MOVED, session.customer_id, channel, session.id, subject=session.reason)
    await tell(connection, entry, now)


async def resume_session(
    connection: AsyncConnection, desk: ContactDesk, session_id: UUID, channel: str | None, by: Conductor, now: datetime
) -> None:
    """Go on where it stood, in this channel: taken by an agent, or by the customer who comes back elsewhere.

    Conflict for a session that waits for another agent, and for one that is wrapped up or closed.
    """
    session = await hold(connection, session_id)
    expect_conducted(session)
    here = channel or session.channel
    channel_of(desk, here)
    if session.state is SessionState.WAITING and session.agent not in (None, by.agent):
        raise Conflict("the session waits for another agent")
    if session.state is SessionState.ACTIVE:
        if here == session.channel and by.agent == session.agent:
            return
        await end_leg(connection, session.id, SessionResult.TRANSFERRED, now)
        session = await move(connection, session, SessionState.WAITING, now)
    await end_leg(connection, session.id, SessionResult.TRANSFERRED, now)
    await begin_leg(connection, session.id, here, by.agent, now)
    moved = here != session.channel
    session = await move(connection, session, SessionState.ACTIVE, now, channel=here, agent=by.agent)
    if moved:
        entry = Entry(TimelineKind.SESSION_MOVED, session.customer_id, here, session.id, subject=session.reason)
        await tell(connection, entry, now)
