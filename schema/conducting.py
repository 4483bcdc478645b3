"""What every operation on a contact begins with: who acts, and whether the session is one that he may see."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.access.principal import Role
from hub.contacts.desk import Conductor
from hub.errors import NotFound
from hub.reads.parts import parts_by_id
from hub.reads.sessions import SESSIONS
from schema.context import Context
from schema.ids import uuid_of

_PERSONS = frozenset({Role.AGENT, Role.SUPERVISOR})


def conductor(context: Context) -> Conductor:
    """The caller as contacts know him."""
    principal = context.principal
    agent = principal.subject if principal.roles & _PERSONS else None
    return Conductor(principal.subject, agent, customer=principal.customer is not None)


async def session_to_hold(context: Context, connection: AsyncConnection, identity: GlobalID) -> UUID:
    """As `session_of`, for a step that holds the session and so finds out by itself that there is none."""
    if context.reach.only is None:
        return uuid_of(identity, "CustomerSession")
    return await session_of(context, connection, identity)


async def session_of(context: Context, connection: AsyncConnection, identity: GlobalID) -> UUID:
    """NotFound for a session that is not there or that the caller may not see."""
    session = uuid_of(identity, "CustomerSession")
    if session not in await parts_by_id(connection, SESSIONS, [session], context.reach):
        raise NotFound("there is no such session")
    return session
