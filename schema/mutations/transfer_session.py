"""Hand a contact to another channel, queue or agent."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.contacts.transfer import Destination, transfer_session
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.mutations.contact_payload import KEY, SessionPayload, step


@strawberry.input(description="Where the customer goes: at least one of the three.")
class TransferSessionInput:
    """The session keeps all that was said."""

    session_id: GlobalID = strawberry.field(description="The session.")
    channel: str | None = strawberry.field(default=None, description="Another channel.")
    queue: str | None = strawberry.field(default=None, description="A queue of that channel.")
    agent: str | None = strawberry.field(default=None, description="The subject of one agent's token.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


Input = Annotated[TransferSessionInput, strawberry.argument(description="Which session, and where to.")]


@strawberry.type
class TransferSessionMutation:
    """Mixed into Mutation."""

    @resolved(
        "The session waits, with all that was said, until the agent or a channel resumes it.",
        Requires(Scope.CONTACTS_IDENTIFY),
    )
    async def transfer_session(self, info: Info, input: Input) -> SessionPayload:
        """CONFLICT unless somebody conducts it."""
        to = Destination(input.channel, input.queue, input.agent)

        async def take(connection: AsyncConnection, session: UUID) -> None:
            await transfer_session(connection, info.context.hub.contacts, session, to, info.context.now())

        return await step(info, "transferSession", input.session_id, asdict(to), input.idempotency_key, take)
