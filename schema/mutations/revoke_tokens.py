"""End tokens before their time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.access.revoked import Revocation
from hub.errors import InTheFuture, Invalid
from hub.store.audit import Deed, record_deed
from hub.store.revocations import revoke
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.mutations.outcome import KEY, Problem, carry_out, under_key
from schema.mutations.steward_act import REASON_LENGTH_MAX

LONGEST_NAME: Final = 500


@strawberry.input(description="Which tokens: one by its id, or all that somebody was given up to now or to a time.")
class RevokeTokensInput:
    """Either `tokenId` or `subject`."""

    token_id: str | None = strawberry.field(default=None, description="The token's claim `jti`.")
    subject: str | None = strawberry.field(default=None, description="The claim `sub` of the tokens.")
    issued_before: datetime | None = strawberry.field(
        default=None, description="With a subject: only those issued before this time; up to now if left out."
    )
    reason: str | None = strawberry.field(default=None, description="Why, without personal data.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="Whether they are revoked.")
class RevokeTokensPayload:
    """Every process refuses them within seconds, and ends their subscriptions."""

    revoked: bool = strawberry.field(description="True when they are.")
    problems: list[Problem] = strawberry.field(description="Why nothing was done.")


@strawberry.type
class RevokeTokensMutation:
    """Mixed into Mutation."""

    @resolved(
        "Revoke tokens: after a change of somebody's rights, or when one was lost. Whoever may log in gets new ones.",
        Requires(Scope.TOKENS_REVOKE),
    )
    async def revoke_tokens(
        self, info: Info, input: Annotated[RevokeTokensInput, strawberry.argument(description="Which tokens.")]
    ) -> RevokeTokensPayload:
        """Committed with its audit when this answers."""
        context, given, key = info.context, under_key(input), input.idempotency_key
        outcome = await carry_out(context, "revokeTokens", given, lambda c: _revoke(context, c, input), key=key)
        return RevokeTokensPayload(revoked=not outcome.problems, problems=outcome.problems)


async def _revoke(context: Context, connection: AsyncConnection, given: RevokeTokensInput) -> Mapping[str, object]:
    named = given.token_id or given.subject
    if (given.token_id is None) == (given.subject is None) or not named or len(named) > LONGEST_NAME:
        raise Invalid(f"name either tokenId or subject, with 1 to {LONGEST_NAME} characters", ("tokenId",))
    if given.reason is not None and len(given.reason) > REASON_LENGTH_MAX:
        raise Invalid(f"a reason has at most {REASON_LENGTH_MAX} characters", ("reason",))
    now = context.now()
    if given.issued_before is not None and (given.subject is None or given.issued_before > now):
        raise InTheFuture("issuedBefore goes with a subject, and has passed", ("issuedBefore",))
    before = None if given.subject is None else given.issued_before or now
    await revoke(
        connection, Revocation(given.token_id, given.subject, before), context.principal.subject, given.reason, now
    )
    kind = "Token" if given.token_id is not None else "Subject"
    await record_deed(connection, Deed(context.principal.subject, "revokeTokens", kind, named), now)
    return {}
