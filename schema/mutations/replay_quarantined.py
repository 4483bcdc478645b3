"""Apply quarantined objects after all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, cast

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.flows.quarantine_preview import Preview, preview
from hub.flows.quarantine_replay import REPLAYED_AT_ONCE, replay
from hub.flows.quarantined import Chosen, chosen_ids
from hub.reads.quarantine import count_quarantine
from schema.authorise import Requires, Scope
from schema.context import Context, Info
from schema.fields import resolved
from schema.mutations.choosing import chosen_objects
from schema.mutations.outcome import Problem, carry_out
from schema.queries.quarantine import QuarantineFilter
from schema.types.enums import ReplayOutcome


@strawberry.input(description="Which objects to replay: by id, or by what they have in common.")
class ReplayQuarantinedInput:
    """At most 200 of them in one call, in key order."""

    ids: list[GlobalID] | None = strawberry.field(default=None, description="Ids of quarantined objects.")
    filter: QuarantineFilter | None = strawberry.field(default=None, description="All that are OPEN and fulfil this.")
    dry_run: bool = strawberry.field(default=False, description="Do everything, tell what came of it, keep nothing.")
    idempotency_key: str | None = strawberry.field(
        default=None, description="Your own name for this request: repeated within 24 hours it gives the same answer."
    )


@strawberry.type(description="What came of one object.")
class ReplayedObject:
    """Without personal data."""

    id: GlobalID = strawberry.field(description="Id of the quarantined object.")
    outcome: ReplayOutcome = strawberry.field(description="What came of it.")
    code: str | None = strawberry.field(description="Why it is refused again, for programs.")
    reason: str | None = strawberry.field(description="Why it is refused again, for people.")
    changed_fields: list[str] | None = strawberry.field(
        description="Golden fields that would change; only of a dry run."
    )


@strawberry.type(description="What came of each object, or why nothing was done.")
class ReplayQuarantinedPayload:
    """One of outcomes and problems is empty."""

    outcomes: list[ReplayedObject] = strawberry.field(description="In key order.")
    remaining: int = strawberry.field(description="How many chosen objects this call left out; call again for them.")
    problems: list[Problem] = strawberry.field(description="Why nothing was done.")


Input = Annotated[ReplayQuarantinedInput, strawberry.argument(description="Which objects.")]


@strawberry.type
class ReplayQuarantinedMutation:
    """Mixed into Mutation."""

    @resolved(
        "Apply quarantined objects after all, corrected ones as corrected, under the current epoch of their flow.",
        Requires(Scope.QUARANTINE_SETTLE),
    )
    async def replay_quarantined(self, info: Info, input: Input) -> ReplayQuarantinedPayload:
        """What is refused again stays, with its new reason."""
        outcome = await carry_out(
            info.context,
            "replayQuarantined",
            {"ids": [str(i) for i in input.ids or ()], "filter": str(input.filter)},
            lambda c: _replay(info.context, c, input),
            key=input.idempotency_key,
            dry_run=input.dry_run,
        )
        # Any: what went through JSON under an idempotency key.
        outcomes = cast("list[dict[str, Any]]", outcome.response.get("outcomes", []))
        remaining = cast("int", outcome.response.get("remaining", 0))
        return ReplayQuarantinedPayload(
            outcomes=[_shown(one) for one in outcomes], remaining=remaining, problems=outcome.problems
        )


async def _replay(context: Context, connection: AsyncConnection, given: ReplayQuarantinedInput) -> Mapping[str, object]:
    chosen = chosen_objects(given.ids, given.filter, REPLAYED_AT_ONCE)
    count = await count_quarantine(connection, chosen)
    some = replace(chosen, ids=await chosen_ids(connection, chosen, REPLAYED_AT_ONCE))
    previews = await _done(context, connection, some, dry_run=given.dry_run)
    outcomes = [
        {
            "id": one.would.id,
            "outcome": one.would.outcome.value,
            "code": one.would.code,
            "reason": one.would.reason,
            "changed": list(one.changed) if given.dry_run else None,
        }
        for one in previews
    ]
    return {"outcomes": outcomes, "remaining": max(0, count - len(outcomes))}


async def _done(context: Context, connection: AsyncConnection, chosen: Chosen, *, dry_run: bool) -> list[Preview]:
    terms, now = context.hub.terms, context.now()
    if dry_run:
        return await preview(connection, terms, chosen, now)
    replayed = await replay(connection, terms, chosen, context.principal.subject, now)
    return [Preview(one, (), new=False) for one in replayed]


def _shown(one: dict[str, Any]) -> ReplayedObject:
    return ReplayedObject(
        id=GlobalID("QuarantinedObject", str(one["id"])),
        outcome=ReplayOutcome(one["outcome"]),
        code=one["code"],
        reason=one["reason"],
        changed_fields=one["changed"],
    )
