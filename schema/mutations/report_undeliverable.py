"""Report that an address did not take what was sent there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.undeliverable import Bounce, report_undeliverable
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.mutations.contact_payload import KEY
from schema.mutations.outcome import Problem, carry_out
from schema.types.enums import MediumKind


@strawberry.input(description="What was not delivered.")
class ReportUndeliverableInput:
    """By the value, which is what a program that sends knows."""

    kind: MediumKind = strawberry.field(default=MediumKind.EMAIL, description="EMAIL or PHONE.")
    value: str = strawberry.field(description="The address or number it was sent to.")
    reason: str = strawberry.field(
        description="What the remote side said, such as 550 5.1.1 no such mailbox; at most 500 characters."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="At how many customers it is marked, or why it is not.")
class ReportUndeliverablePayload:
    """Names nobody: who reports need not see customers."""

    customers: int = strawberry.field(description="How many customers are reached there.")
    problems: list[Problem] = strawberry.field(description="Why nothing was marked.")


Input = Annotated[ReportUndeliverableInput, strawberry.argument(description="What was not delivered, and why.")]


@strawberry.type
class ReportUndeliverableMutation:
    """Mixed into Mutation."""

    @resolved(
        "An address or number does not take what is sent there: every channel sees it at the customer until it is "
        "corrected. A repeat changes nothing.",
        Requires(Scope.MEDIA_REPORT),
    )
    async def report_undeliverable(self, info: Info, input: Input) -> ReportUndeliverablePayload:
        """NOT_FOUND for an address that nobody has."""
        given = {"kind": input.kind.value, "value": input.value, "reason": input.reason}
        outcome = await carry_out(
            info.context,
            "reportUndeliverable",
            given,
            lambda c: _report(info.context, c, input),
            key=input.idempotency_key,
        )
        return ReportUndeliverablePayload(
            customers=int(str(outcome.response.get("customers", 0))), problems=outcome.problems
        )


async def _report(
    context: Context, connection: AsyncConnection, given: ReportUndeliverableInput
) -> Mapping[str, object]:
    bounce = Bounce(given.kind, given.value, given.reason)
    by, region = context.principal.subject, context.rules.region
    return {"customers": len(await report_undeliverable(connection, bounce, region, by, context.now()))}
