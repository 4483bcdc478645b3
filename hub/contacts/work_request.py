"""Work a request: take it, advance it, do its tasks, in whatever session or in none."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.request import TOPIC, assign_request, hold_request, move_request, respond
from hub.contacts.start_session import check_words
from hub.contacts.states import REQUEST_STATES, TASK_STATES
from hub.contacts.tables import RequestTask
from hub.contacts.telling import announce
from hub.errors import Conflict, NotFound
from hub.records.contact import DialogOutcome, DialogState
from hub.records.enums import RequestState


async def take_request(
    connection: AsyncConnection, request_id: UUID, handler: str | None, queue: str | None, now: datetime
) -> None:
    """Make `handler` the one who works on it; None puts it back into `queue`."""
    await assign_request(connection, await hold_request(connection, request_id), handler, queue, now)


async def advance_request(
    connection: AsyncConnection, request_id: UUID, to: RequestState, reason: str | None, now: datetime
) -> None:
    """Into another state, which is an answer to the customer. Conflict where the table forbids it."""
    check_words("reason", reason)
    request = await hold_request(connection, request_id)
    await move_request(connection, request, to, reason, now)
    await respond(connection, request, now)


async def move_task(
    connection: AsyncConnection,
    request_id: UUID,
    name: str,
    to: DialogState,
    outcome: DialogOutcome | None,
    now: datetime,
) -> None:
    """A task of a running request goes on. Conflict for a task that a system does, or where the table forbids it."""
    request = await hold_request(connection, request_id)
    if REQUEST_STATES.ended(request.state):
        raise Conflict(f"the request is {request.state.value}: it has ended")
    task = (RequestTask.request_id == request_id, RequestTask.name == name)
    found = select(RequestTask.position, RequestTask.state, RequestTask.system).where(*task)
    row = (await connection.execute(found.order_by(RequestTask.position).limit(1))).one_or_none()
    if row is None:
        raise NotFound("the request has no such task")
    if row.system is not None:
        raise Conflict(f"system {row.system} does this task")
    TASK_STATES.check(DialogState(row.state), to)
    told = outcome or (DialogOutcome.SUCCESS if to is DialogState.COMPLETED else None)
    one = update(RequestTask).where(RequestTask.request_id == request_id, RequestTask.position == row.position)
    await connection.execute(one.values(state=to, outcome=told, changed_at=now))
    await respond(connection, request, now)
    await announce(connection, TOPIC, request_id, "AttributeValueChangeEvent", now)
