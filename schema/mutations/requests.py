"""Open and work requests."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Self, TypeAlias
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncConnection
from strawberry.relay import GlobalID

from hub.contacts.open_request import NewRequest, open_request
from hub.contacts.register import SALES, register
from hub.contacts.session import hold
from hub.contacts.work_request import advance_request, move_task, take_request
from hub.errors import Conflict, NotFound
from hub.reads.belongings import REQUESTS
from hub.reads.parts import parts_by_id
from hub.reads.sessions import SESSIONS
from schema.authorise import Requires, Scope
from schema.conducting import conductor, session_of
from schema.context import Context, Info
from schema.fields import resolved
from schema.ids import uuid_of
from schema.mutations.contact_payload import KEY
from schema.mutations.outcome import Outcome, Problem, carry_out
from schema.types.enums import DialogOutcome, DialogState, RequestKind, RequestState
from schema.types.request import BusinessRequest

Take: TypeAlias = Callable[[AsyncConnection, UUID], Awaitable[None]]


@strawberry.input(description="A request that no topic of the catalogue stands for.")
class OpenRequestInput:
    """For the customer of a session."""

    session_id: GlobalID = strawberry.field(description="The session it is opened in.")
    kind: RequestKind = strawberry.field(description="What it is about.")
    subject: str = strawberry.field(description="In a few words.")
    queue: str | None = strawberry.field(default=None, description="The queue it waits in; left out: you work on it.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Who works on a request.")
class AssignRequestInput:
    """You, somebody else, or nobody."""

    request_id: GlobalID = strawberry.field(description="The request.")
    handler: str | None = strawberry.field(default=None, description="A token's subject; left out: you.")
    queue: str | None = strawberry.field(default=None, description="Put it into this queue, with nobody working on it.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Where the request goes.")
class AdvanceRequestInput:
    """An answer to the customer."""

    request_id: GlobalID = strawberry.field(description="The request.")
    to: RequestState = strawberry.field(description="The state it gets.")
    reason: str | None = strawberry.field(default=None, description="Why, in a few words.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.input(description="Where a task goes.")
class MoveTaskInput:
    """A task that a person does."""

    request_id: GlobalID = strawberry.field(description="The request.")
    task: str = strawberry.field(description="Name of the task.")
    to: DialogState = strawberry.field(description="The state it gets.")
    outcome: DialogOutcome | None = strawberry.field(default=None, description="What it came to.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="The request as it is now, or why nothing happened.")
class RequestPayload:
    """One of the two is empty."""

    request: BusinessRequest | None = strawberry.field(description="The request.")
    problems: list[Problem] = strawberry.field(description="Why nothing happened.")

    @classmethod
    async def of(cls, info: Info, outcome: Outcome) -> Self:
        """Read anew."""
        identity = outcome.response.get("request")
        found = None if identity is None else await BusinessRequest.visible(info, UUID(str(identity)))
        return cls(request=found, problems=outcome.problems)


Opened = Annotated[OpenRequestInput, strawberry.argument(description="What is to be done.")]
Assigned = Annotated[AssignRequestInput, strawberry.argument(description="Which request, and who.")]
Advanced = Annotated[AdvanceRequestInput, strawberry.argument(description="Which request, and where to.")]
TaskMoved = Annotated[MoveTaskInput, strawberry.argument(description="Which task, and where to.")]

_WORK = Requires(Scope.REQUESTS_WORK)


@strawberry.type
class RequestMutations:
    """Mixed into Mutation."""

    @resolved("Open a request by hand for the customer of a session.", _WORK)
    async def open_request(self, info: Info, input: Opened) -> RequestPayload:
        """CONFLICT while nobody knows who the customer is."""
        given = {"session": str(input.session_id), "kind": input.kind.value, "subject": input.subject}
        outcome = await carry_out(
            info.context, "openRequest", given, lambda c: _open(info.context, c, input), key=input.idempotency_key
        )
        return await RequestPayload.of(info, outcome)

    @resolved("Take a request, give it to somebody, or put it back into a queue.", _WORK)
    async def assign_request(self, info: Info, input: Assigned) -> RequestPayload:
        """CONFLICT once it has ended."""
        context, queue = info.context, input.queue
        handler = None if queue is not None else input.handler or context.principal.subject

        async def take(connection: AsyncConnection, request: UUID) -> None:
            await take_request(connection, request, handler, queue, context.now())

        given = {"handler": handler, "queue": queue}
        return await _step(info, "assignRequest", input.request_id, given, input.idempotency_key, take)

    @resolved(
        "Move a request on, in whatever session or in none; packages and the customer's followers hear of it.", _WORK
    )
    async def advance_request(self, info: Info, input: Advanced) -> RequestPayload:
        """CONFLICT names the states that may follow."""

        async def take(connection: AsyncConnection, request: UUID) -> None:
            await advance_request(connection, request, input.to, input.reason, info.context.now())

        given = {"to": input.to.value, "reason": input.reason}
        return await _step(info, "advanceRequest", input.request_id, given, input.idempotency_key, take)

    @resolved("Move a task of a request on.", _WORK)
    async def move_task(self, info: Info, input: TaskMoved) -> RequestPayload:
        """CONFLICT for a task that a system does."""

        async def take(connection: AsyncConnection, request: UUID) -> None:
            await move_task(connection, request, input.task, input.to, input.outcome, info.context.now())

        given = {"task": input.task, "to": input.to.value, "outcome": input.outcome and input.outcome.value}
        return await _step(info, "moveTask", input.request_id, given, input.idempotency_key, take)


async def _open(context: Context, connection: AsyncConnection, given: OpenRequestInput) -> Mapping[str, object]:
    identity = await session_of(context, connection, given.session_id)
    session = (await parts_by_id(connection, SESSIONS, [identity], context.reach))[identity]
    if session.customer_id is None:
        raise Conflict("identify the customer first: a request belongs to somebody")
    new = NewRequest(
        customer=session.customer_id,
        kind=given.kind,
        subject=given.subject,
        channel=session.channel,
        session=session.id,
        handler=conductor(context).agent if given.queue is None else None,
        queue=given.queue,
    )
    desk, now = context.hub.contacts, context.now()
    held = await hold(connection, session.id)
    opened = await open_request(connection, desk, new, now)
    if given.kind in SALES:
        await register(connection, held, desk.rules.registration, now, commercial=True)
    return {"request": str(opened)}


async def _step(
    info: Info, operation: str, request: GlobalID, given: Mapping[str, object], key: str | None, take: Take
) -> RequestPayload:
    """Take one step with a visible request, at most once per key."""

    async def write(connection: AsyncConnection) -> Mapping[str, object]:
        identity = uuid_of(request, "BusinessRequest")
        if identity not in await parts_by_id(connection, REQUESTS, [identity], info.context.reach):
            raise NotFound("there is no such request")
        await take(connection, identity)
        return {"request": str(identity)}

    asked = {"request": str(request), **given}
    return await RequestPayload.of(info, await carry_out(info.context, operation, asked, write, key=key))
