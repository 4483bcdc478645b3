"""Go on with a contact, in the same or another channel."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.contacts.transfer import resume_session
from schema.authorise import Requires, Scope
from schema.conducting import conductor
from schema.context import Info
from schema.fields import resolved
from schema.mutations.contact_payload import KEY, SessionPayload, step


@strawberry.input(description="Where it goes on.")
class ResumeSessionInput:
    """By the agent it waits for, or the customer who comes back."""

    session_id: GlobalID = strawberry.field(description="The session.")
    channel: str | None = strawberry.field(default=None, description="Another channel; left out: the same.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


Input = Annotated[ResumeSessionInput, strawberry.argument(description="Which session, and where.")]


@strawberry.type
class ResumeSessionMutation:
    """Mixed into Mutation."""

    @resolved(
        "Go on where the session stood: taken by an agent, or continued by the customer in another channel.",
        Requires(Scope.CONTACTS_CONDUCT),
    )
    async def resume_session(self, info: Info, input: Input) -> SessionPayload:
        """CONFLICT for one that waits for somebody else, or has ended."""
        context = info.context

        async def take(connection: AsyncConnection, session: UUID) -> None:
            await resume_session(
                connection, context.hub.contacts, session, input.channel, conductor(context), context.now()
            )

        return await step(
            info, "resumeSession", input.session_id, {"channel": input.channel}, input.idempotency_key, take
        )
