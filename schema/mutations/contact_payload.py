"""What the steps of a contact answer, and how they run."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Self
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from schema.conducting import session_to_hold
from schema.context import Info
from schema.mutations.outcome import KEY as KEY
from schema.mutations.outcome import Outcome, Problem, carry_out
from schema.types.session import CustomerSession

Step = Callable[[AsyncConnection, UUID], Awaitable[None]]


@strawberry.type(description="The session as it is now, or why nothing happened.")
class SessionPayload:
    """One of the two is empty."""

    session: CustomerSession | None = strawberry.field(description="The session, with its customer's view.")
    problems: list[Problem] = strawberry.field(description="Why nothing happened.")

    @classmethod
    async def of(cls, info: Info, outcome: Outcome) -> Self:
        """Read anew, so that a repeat under the same key shows how things are and not how they were."""
        session = outcome.response.get("session")
        found = None if session is None else await CustomerSession.visible(info, UUID(str(session)))
        return cls(session=found, problems=outcome.problems)


async def step(
    info: Info, operation: str, session: GlobalID, given: Mapping[str, object], key: str | None, take: Step
) -> SessionPayload:
    """Take one step in a visible session, at most once per key."""

    async def write(connection: AsyncConnection) -> Mapping[str, object]:
        identity = await session_to_hold(info.context, connection, session)
        await take(connection, identity)
        return {"session": str(identity)}

    asked = {"session": str(session), **given}
    return await SessionPayload.of(info, await carry_out(info.context, operation, asked, write, key=key))
