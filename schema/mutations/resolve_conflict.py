"""Decide a field in which sources differ, or let the rules decide it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.customers.identifiers import Node
from hub.errors import Invalid
from hub.reads.conflicts import conflicts_by_id
from hub.stewardship.resolve import Resolved, Take, resolve_conflict, thaw_conflict
from schema.authorise import Requires, Scope
from schema.context import Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.outcome import KEY, Outcome, Problem, carry_out, under_key
from schema.types.customer_conflict import CustomerConflict


@strawberry.input(description="One of the sources that differ.")
class ConflictSideInput:
    """Its value is taken."""

    source: str = strawberry.field(description="Name of the system.")
    external_id: str = strawberry.field(description="The customer's id in that system.")


@strawberry.input(description="A value of the steward's own.")
class OwnValueInput:
    """Whatever any source says."""

    value: str | None = strawberry.field(description="The value as text; null: the customer has none.")


@strawberry.input(description="Which value is right.", one_of=True)
class TakeInput:
    """Exactly one."""

    side: ConflictSideInput | None = strawberry.field(default=strawberry.UNSET, description="That of a source.")
    own: OwnValueInput | None = strawberry.field(default=strawberry.UNSET, description="Another one.")

    def taken(self) -> Take:
        """As the use case takes it."""
        if self.side:
            return Take(side=Node(self.side.source, self.side.external_id))
        if self.own:
            return Take(value=self.own.value)
        raise Invalid("take a side or a value of your own", ("take",))


@strawberry.input(description="The decision.")
class ResolveConflictInput:
    """It stands over the rules until the sources agree."""

    conflict_id: GlobalID = strawberry.field(description="The conflict.")
    take: TakeInput = strawberry.field(description="Which value is right.")
    idempotency_key: str | None = strawberry.field(default=None, description="The same key decides once.")
    dry_run: bool = strawberry.field(default=False, description="Check and tell everything, change nothing.")


@strawberry.input(description="The decision to take back.")
class ThawConflictInput:
    """The rules decide again."""

    conflict_id: GlobalID = strawberry.field(description="A FROZEN or RESOLVED conflict.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="A record that says otherwise.")
class ConflictEffect:
    """One system that has to follow."""

    system: str = strawberry.field(description="Name of the system.")
    external_id: str = strawberry.field(description="The customer's id there.")
    leaves: bool = strawberry.field(
        description="The value is on its way there; false: no flow leads there, and the decision stands here alone."
    )


@strawberry.type(description="The conflict as it is now, or why nothing was decided.")
class ConflictPayload:
    """One of the two is empty; after a dry run the conflict is as it was."""

    conflict: CustomerConflict | None = strawberry.field(description="The conflict.")
    effects: list[ConflictEffect] = strawberry.field(description="Who is told.")
    problems: list[Problem] = strawberry.field(description="Why nothing was decided.")

    @classmethod
    async def of(cls, info: Info, outcome: Outcome) -> ConflictPayload:
        """The payload from what the write answered."""
        if outcome.problems:
            return cls(conflict=None, effects=[], problems=outcome.problems)
        identity = UUID(str(outcome.response["conflict"]))
        async with info.context.reading() as connection:
            row = (await conflicts_by_id(connection, [identity], info.context.reach)).get(identity)
        if row is not None:
            info.context.shows(info, [row.customer_id])
        told = outcome.response.get("told")
        effects = [ConflictEffect(**one) for one in told] if isinstance(told, list) else []
        return cls(conflict=None if row is None else CustomerConflict.of(row), effects=effects, problems=[])


Resolution = Annotated[ResolveConflictInput, strawberry.argument(description="The decision.")]
Thaw = Annotated[ThawConflictInput, strawberry.argument(description="The decision to take back.")]


@strawberry.type
class ResolveConflictMutations:
    """Mixed into Mutation."""

    @resolved(
        "Decide a field in which sources differ: the value counts at once and leaves for every source that says "
        "otherwise. The conflict closes by itself once they agree, and opens again when one says something new.",
        Requires(Scope.CUSTOMERS_STEWARD),
    )
    async def resolve_conflict(self, info: Info, input: Resolution) -> ConflictPayload:
        """A frozen field is thawed by it."""

        async def write(connection: AsyncConnection) -> Mapping[str, object]:
            context, conflict = info.context, uuid_of(input.conflict_id, "CustomerConflict")
            who, rules, now = context.principal.subject, context.hub.rules, context.now()
            return _answer(conflict, await resolve_conflict(connection, conflict, input.take.taken(), who, rules, now))

        given = strawberry.asdict(input) | {"conflict_id": str(input.conflict_id)}
        outcome = await carry_out(
            info.context, "resolveConflict", given, write, key=input.idempotency_key, dry_run=input.dry_run
        )
        return await ConflictPayload.of(info, outcome)

    @resolved(
        "Give a frozen or resolved field back to the rules: what is on its way goes on, and is written again.",
        Requires(Scope.CUSTOMERS_STEWARD),
    )
    async def thaw_conflict(self, info: Info, input: Thaw) -> ConflictPayload:
        """What was remembered of its turns is forgotten."""

        async def write(connection: AsyncConnection) -> Mapping[str, object]:
            context, conflict = info.context, uuid_of(input.conflict_id, "CustomerConflict")
            await thaw_conflict(connection, conflict, context.principal.subject, context.hub.rules, context.now())
            return {"conflict": str(conflict)}

        given, key = under_key(input), input.idempotency_key
        return await ConflictPayload.of(info, await carry_out(info.context, "thawConflict", given, write, key=key))


def _answer(conflict: UUID, done: Resolved) -> Mapping[str, object]:
    told = [
        {"system": one.node.system, "external_id": one.node.external_id, "leaves": one.command_id is not None}
        for one in done.told
    ]
    return {"conflict": str(conflict), "told": told}
