"""Confirm a double opt-in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.stewardship.consent import confirm_consent
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.mutations.consent_payload import ConsentPayload, kept_of
from schema.mutations.outcome import KEY, carry_out, under_key


@strawberry.input(description="What the customer gave back.")
class ConfirmConsentInput:
    """A token is used once, within 7 days."""

    token: str = strawberry.field(description="The token that `recordConsent` told.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


Input = Annotated[ConfirmConsentInput, strawberry.argument(description="What the customer gave back.")]


@strawberry.type
class ConfirmConsentMutation:
    """Mixed into Mutation."""

    @resolved(
        "Confirm a double opt-in: what was PENDING is GRANTED from now on, and on its way to the systems.",
        Requires(Scope.CONSENTS_RECORD),
    )
    async def confirm_consent(self, info: Info, input: Input) -> ConsentPayload:
        """Who holds the token is who it was sent to."""

        async def write(connection: AsyncConnection) -> Mapping[str, object]:
            context = info.context
            return kept_of(await confirm_consent(connection, input.token, context.principal.subject, context.now()))

        given, key = under_key(input), input.idempotency_key
        outcome = await carry_out(info.context, "confirmConsent", given, write, key=key)
        return await ConsentPayload.of(info, outcome, None)
