"""Wrap a contact up."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.contacts.wrap_up import Conclusion, begin_wrap_up, wrap_up_session
from schema.authorise import Requires, Scope
from schema.conducting import conductor
from schema.context import Context, Info
from schema.fields import resolved
from schema.mutations.contact_payload import KEY, SessionPayload, step
from schema.mutations.outcome import under_key
from schema.types.enums import SessionResult


@strawberry.input(description="What the customer said of the contact.")
class FeedbackInput:
    """All may be left out."""

    csat: int | None = strawberry.field(default=None, description="Satisfaction, from 1 to 5.")
    nps: int | None = strawberry.field(default=None, description="How likely he recommends the company, 0 to 10.")
    comment: str | None = strawberry.field(default=None, description="In his own words, at most 500 characters.")


@strawberry.input(description="How the contact went.")
class WrapUpSessionInput:
    """`close: false` only ends the conversation."""

    session_id: GlobalID = strawberry.field(description="The session.")
    close: bool = strawberry.field(
        default=True, description="False: the customer has gone, the work after it goes on; wrap up again to close."
    )
    result: SessionResult = strawberry.field(
        default=SessionResult.COMPLETED, description="COMPLETED, CUSTOMER_TERMINATED or ABANDONED."
    )
    disposition: str | None = strawberry.field(default=None, description="What was made of it, for Sales.")
    feedback: FeedbackInput | None = strawberry.field(default=None, description="What the customer said of it.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


Input = Annotated[WrapUpSessionInput, strawberry.argument(description="Which session, and how it went.")]


@strawberry.type
class WrapUpSessionMutation:
    """Mixed into Mutation."""

    @resolved(
        "End the contact: open dialogs are cancelled, and Sales gets the session with its dialogs and their status.",
        Requires(Scope.CONTACTS_CONDUCT),
    )
    async def wrap_up_session(self, info: Info, input: Input) -> SessionPayload:
        """CONFLICT once it is closed."""

        async def take(connection: AsyncConnection, session: UUID) -> None:
            await _wrap_up(info.context, connection, session, input)

        return await step(info, "wrapUpSession", input.session_id, under_key(input), input.idempotency_key, take)


async def _wrap_up(context: Context, connection: AsyncConnection, session: UUID, given: WrapUpSessionInput) -> None:
    by, now = conductor(context), context.now()
    if not given.close:
        await begin_wrap_up(connection, session, by, now)
        return
    said = given.feedback or FeedbackInput()
    conclusion = Conclusion(given.result, given.disposition, said.csat, said.nps, said.comment)
    await wrap_up_session(connection, context.hub.contacts, session, conclusion, by, now)
