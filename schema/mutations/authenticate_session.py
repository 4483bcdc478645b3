"""Record that a customer has proved who he is, or could not."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.contacts.identify import authenticate_session
from schema.authorise import Requires, Scope
from schema.conducting import conductor
from schema.context import Info
from schema.fields import resolved
from schema.mutations.contact_payload import KEY, SessionPayload, step


@strawberry.input(description="The outcome of the channel's own check.")
class AuthenticateSessionInput:
    """The check itself (a code, questions, a login) is the channel's."""

    session_id: GlobalID = strawberry.field(description="The session.")
    passed: bool = strawberry.field(default=True, description="Whether he has proved it.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


Input = Annotated[AuthenticateSessionInput, strawberry.argument(description="Whose check, and how it went.")]


@strawberry.type
class AuthenticateSessionMutation:
    """Mixed into Mutation."""

    @resolved(
        "The identification level becomes AUTHENTICATED, and dialogs that waited go on. A failed check shows there.",
        Requires(Scope.CONTACTS_IDENTIFY),
    )
    async def authenticate_session(self, info: Info, input: Input) -> SessionPayload:
        """CONFLICT while nobody knows who the customer is."""

        async def take(connection: AsyncConnection, session: UUID) -> None:
            await authenticate_session(
                connection, session, conductor(info.context), info.context.now(), passed=input.passed
            )

        return await step(
            info, "authenticateSession", input.session_id, {"passed": input.passed}, input.idempotency_key, take
        )
