"""Correct a quarantined object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.flows.quarantine_edit import edit
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import number_of
from schema.mutations.outcome import Problem, carry_out
from schema.types.quarantined import QuarantinedObject


@strawberry.input(description="The corrected object.")
class EditQuarantinedInput:
    """Kept beside the original; a second correction replaces the first."""

    quarantined_object_id: GlobalID = strawberry.field(description="Id of the quarantined object.")
    body: str = strawberry.field(description="The whole object in JSON, in the words of its system.")
    external_id: str | None = strawberry.field(
        default=None, description="Which object it is, where the original could not even be read."
    )
    dry_run: bool = strawberry.field(default=False, description="Check everything and change nothing.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Your own name for this request: repeated within 24 hours it gives the same answer."
    )


@strawberry.type(description="The object with its correction, or why there is none.")
class EditQuarantinedPayload:
    """One of the two is empty."""

    quarantined_object: QuarantinedObject | None = strawberry.field(description="As it waits now.")
    problems: list[Problem] = strawberry.field(description="Why nothing was kept.")


Input = Annotated[EditQuarantinedInput, strawberry.argument(description="Which object, and what it should be.")]


@strawberry.type
class EditQuarantinedMutation:
    """Mixed into Mutation."""

    @resolved(
        "Keep a corrected body beside the original. Nothing is applied before it is replayed.",
        Requires(Scope.QUARANTINE_REVEAL),
    )
    async def edit_quarantined(self, info: Info, input: Input) -> EditQuarantinedPayload:
        """`replayQuarantined` with dryRun tells what it would do."""
        given = {"id": str(input.quarantined_object_id), "body": input.body, "externalId": input.external_id}
        outcome = await carry_out(
            info.context,
            "editQuarantined",
            given,
            lambda c: _edit(info.context, c, input),
            key=input.idempotency_key,
            dry_run=input.dry_run,
        )
        number = outcome.response.get("id")
        found = await QuarantinedObject.visible(info, number) if isinstance(number, int) else None
        return EditQuarantinedPayload(quarantined_object=found, problems=outcome.problems)


async def _edit(context: Context, connection: AsyncConnection, given: EditQuarantinedInput) -> Mapping[str, object]:
    number = number_of(given.quarantined_object_id, "QuarantinedObject")
    keys, subject = context.hub.terms.keys, context.principal.subject
    await edit(connection, keys, number, given.body.encode(), subject, context.now(), given.external_id)
    return {"id": number}
