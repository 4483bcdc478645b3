"""Deal with a topic: begin, answer, hold, complete, cancel."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Self, TypeAlias
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.contacts.dialog import answer_dialog, complete_dialog, move_dialog, start_dialog
from hub.errors import Invalid, NotFound
from hub.reads.handling import DIALOGS
from hub.reads.parts import parts_by_id
from schema.authorise import Requires, Scope
from schema.conducting import conductor, session_to_hold
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.contact_payload import KEY
from schema.mutations.outcome import Outcome, Problem, carry_out
from schema.types.dialog import BusinessDialog
from schema.types.enums import DialogOutcome, DialogState

ANSWERS_AT_MOST = 100

Take: TypeAlias = Callable[[AsyncConnection, UUID], Awaitable[None]]


@strawberry.input(description="A topic that the customer came for.")
class StartDialogInput:
    """In a session that somebody conducts."""

    session_id: GlobalID = strawberry.field(description="The session.")
    topic: str = strawberry.field(description="Name of the topic in the catalogue.")
    request_id: GlobalID | None = strawberry.field(
        default=None, description="A running request of the customer that it goes on with."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="One answer of the customer.")
class AnswerInput:
    """Given again it replaces the one before."""

    question: str = strawberry.field(description="Name of the question.")
    value: str = strawberry.field(description="The answer; dates as ISO 8601, true or false for BOOLEAN.")


@strawberry.input(description="What the customer said.")
class AnswerDialogInput:
    """All of it, or nothing when one of them is no answer."""

    dialog_id: GlobalID = strawberry.field(description="The dialog.")
    answers: list[AnswerInput] = strawberry.field(description="At most 100.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Where the dialog goes.")
class MoveDialogInput:
    """HOLD, ACTIVE again, or CANCELLED."""

    dialog_id: GlobalID = strawberry.field(description="The dialog.")
    to: DialogState = strawberry.field(description="HOLD, ACTIVE or CANCELLED.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="A topic that is dealt with.")
class CompleteDialogInput:
    """Opens the request it stands for."""

    dialog_id: GlobalID = strawberry.field(description="The dialog.")
    outcome: DialogOutcome | None = strawberry.field(
        default=None, description="Left out: PENDING with a request that runs, SUCCESS without one."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="The dialog as it is now, or why nothing happened.")
class DialogPayload:
    """One of the two is empty."""

    dialog: BusinessDialog | None = strawberry.field(description="The dialog.")
    problems: list[Problem] = strawberry.field(description="Why nothing happened.")

    @classmethod
    async def of(cls, info: Info, outcome: Outcome) -> Self:
        """Read anew."""
        identity = outcome.response.get("dialog")
        found = None if identity is None else await BusinessDialog.visible(info, UUID(str(identity)))
        return cls(dialog=found, problems=outcome.problems)


Started = Annotated[StartDialogInput, strawberry.argument(description="Which topic, in which session.")]
Answered = Annotated[AnswerDialogInput, strawberry.argument(description="What was said.")]
Moved = Annotated[MoveDialogInput, strawberry.argument(description="Which dialog, and where to.")]
Completed = Annotated[CompleteDialogInput, strawberry.argument(description="Which dialog, and what it came to.")]

_CONDUCT = Requires(Scope.CONTACTS_CONDUCT)


@strawberry.type
class DialogMutations:
    """Mixed into Mutation."""

    @resolved(
        "Begin a topic: what is known is filled in, with its source. Where the topic demands more proof of who the "
        "customer is, the dialog is on HOLD with REQUIRES_AUTHENTICATION until authenticateSession.",
        _CONDUCT,
    )
    async def start_dialog(self, info: Info, input: Started) -> DialogPayload:
        """INVALID for a topic that the catalogue does not have."""
        given = {"session": str(input.session_id), "topic": input.topic, "request": str(input.request_id)}
        outcome = await carry_out(
            info.context, "startDialog", given, lambda c: _start(info.context, c, input), key=input.idempotency_key
        )
        return await DialogPayload.of(info, outcome)

    @resolved("Keep what the customer said.", _CONDUCT)
    async def answer_dialog(self, info: Info, input: Answered) -> DialogPayload:
        """INVALID names the question that has no such answer."""
        said, desk = {one.question: one.value for one in input.answers}, info.context.hub.contacts

        async def take(connection: AsyncConnection, dialog: UUID) -> None:
            if not 0 < len(input.answers) <= ANSWERS_AT_MOST:
                raise Invalid(f"give 1 to {ANSWERS_AT_MOST} answers at once", ("answers",))
            await answer_dialog(connection, desk, dialog, said, info.context.now())

        return await _step(info, "answerDialog", input.dialog_id, said, input.idempotency_key, take)

    @resolved("Hold a dialog, go on with it, or cancel it.", _CONDUCT)
    async def move_dialog(self, info: Info, input: Moved) -> DialogPayload:
        """CONFLICT names the states that may follow."""

        async def take(connection: AsyncConnection, dialog: UUID) -> None:
            await move_dialog(connection, dialog, input.to, info.context.now())

        return await _step(info, "moveDialog", input.dialog_id, {"to": input.to.value}, input.idempotency_key, take)

    @resolved(
        "The topic is dealt with: its request is opened, and carried out by the system that can, without a person.",
        _CONDUCT,
    )
    async def complete_dialog(self, info: Info, input: Completed) -> DialogPayload:
        """INVALID while something required is not answered."""
        context, told = info.context, input.outcome

        async def take(connection: AsyncConnection, dialog: UUID) -> None:
            await complete_dialog(connection, context.hub.contacts, dialog, told, conductor(context), context.now())

        given = {"outcome": None if told is None else told.value}
        return await _step(info, "completeDialog", input.dialog_id, given, input.idempotency_key, take)


async def _start(context: Context, connection: AsyncConnection, given: StartDialogInput) -> Mapping[str, object]:
    session = await session_to_hold(context, connection, given.session_id)
    request = None if given.request_id is None else uuid_of(given.request_id, "BusinessRequest")
    desk, by = context.hub.contacts, conductor(context)
    dialog = await start_dialog(connection, desk, session, given.topic, request, by, context.now())
    return {"dialog": str(dialog)}


async def _step(
    info: Info, operation: str, dialog: GlobalID, given: Mapping[str, object], key: str | None, take: Take
) -> DialogPayload:
    """Take one step in a visible dialog, at most once per key."""

    async def write(connection: AsyncConnection) -> Mapping[str, object]:
        identity = uuid_of(dialog, "BusinessDialog")
        reach = info.context.reach
        # Who may see every dialog hears from the step itself that there is none.
        if reach.only is not None and identity not in await parts_by_id(connection, DIALOGS, [identity], reach):
            raise NotFound("there is no such dialog")
        await take(connection, identity)
        return {"dialog": str(identity)}

    asked = {"dialog": str(dialog), **given}
    return await DialogPayload.of(info, await carry_out(info.context, operation, asked, write, key=key))
