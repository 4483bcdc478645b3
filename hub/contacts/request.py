"""A request's row with what the hub does about it: held, moved along its table, told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.report_request import report_change
from hub.contacts.states import REQUEST_STATES
from hub.contacts.tables import BusinessRequest, RequestHandling
from hub.contacts.telling import Entry, announce, tell
from hub.customers.introduce import SELF
from hub.errors import Conflict, NotFound
from hub.records.contact import TimelineKind
from hub.records.enums import RequestState

TOPIC: Final = "BusinessRequest"
"""Topic of the change feed."""


@dataclass(frozen=True, slots=True)
class Request:
    """A request of the hub's own, as this transaction read it."""

    id: UUID
    number: str
    customer_id: UUID
    state: RequestState
    subject: str | None
    channel: str
    handler: str | None
    queue: str | None
    responded_at: datetime | None
    executed_by: str | None


async def hold_request(connection: AsyncConnection, request: UUID) -> Request:
    """The request, held until the transaction ends. NotFound when there is none, Conflict for a package's own."""
    row = (
        await connection.execute(
            text(
                """SELECT r.system, r.number, r.customer_id, r.state, r.subject, h.channel, h.handler, h.queue,
                     h.responded_at, h.executed_by
                   FROM business_request r LEFT JOIN request_handling h ON h.request_id = r.id
                   WHERE r.id = :id FOR UPDATE OF r"""
            ),
            {"id": request},
        )
    ).one_or_none()
    if row is None:
        raise NotFound("there is no such request")
    if row.system != SELF:
        raise Conflict(f"system {row.system} holds this request; it is worked there")
    values = {name: value for name, value in row._asdict().items() if name != "system"}
    return Request(id=request, **{**values, "state": RequestState(row.state)})


async def move_request(
    connection: AsyncConnection, request: Request, to: RequestState, reason: str | None, now: datetime
) -> Request:
    """Into another state; Conflict where TMF622 forbids it. Who is to know of it is told."""
    REQUEST_STATES.check(request.state, to)
    return await set_state(connection, request, to, reason, now)


async def set_state(
    connection: AsyncConnection, request: Request, to: RequestState, reason: str | None, now: datetime
) -> Request:
    """Without looking at the table: for the word of the system that carries the request out."""
    state = update(BusinessRequest).where(BusinessRequest.id == request.id)
    await connection.execute(state.values(state=to, as_of=now, observed_at=now, version=BusinessRequest.version + 1))
    ended = REQUEST_STATES.ended(to)
    await _handle(connection, request, state_reason=reason, closed_at=now if ended else None)
    if ended:
        await connection.execute(
            text(
                """UPDATE request_task SET state = :state, changed_at = :now, outcome = coalesce(outcome, :outcome)
                   WHERE request_id = :id AND state NOT IN ('COMPLETED', 'CANCELLED')"""
            ),
            {
                "id": request.id,
                "now": now,
                "state": "COMPLETED" if to is RequestState.COMPLETED else "CANCELLED",
                "outcome": "SUCCESS" if to is RequestState.COMPLETED else "CANCELLED",
            },
        )
    moved = replace(request, state=to)
    await report_change(connection, moved.number, str(moved.customer_id), (request.state, to), request.executed_by, now)
    entry = Entry(
        TimelineKind.REQUEST_CHANGED, request.customer_id, request=request.id, subject=f"{request.number} {to.value}"
    )
    await tell(connection, entry, now)
    await announce(connection, TOPIC, request.id, "StateChangeEvent", now)
    return moved


async def respond(connection: AsyncConnection, request: Request, now: datetime) -> None:
    """The customer has had an answer; only the first one counts against the response target."""
    if request.responded_at is None:
        await _handle(connection, request, responded_at=now)
        await announce(connection, TOPIC, request.id, "AttributeValueChangeEvent", now)


async def assign_request(
    connection: AsyncConnection, request: Request, handler: str | None, queue: str | None, now: datetime
) -> None:
    """Give it to somebody, or put it back into a queue. Conflict once it has ended."""
    if REQUEST_STATES.ended(request.state):
        raise Conflict(f"the request is {request.state.value}: nobody works on it any more")
    await _handle(connection, request, handler=handler, queue=queue)
    await announce(connection, TOPIC, request.id, "AttributeValueChangeEvent", now)


async def _handle(connection: AsyncConnection, request: Request, **columns: Any) -> None:
    handling = update(RequestHandling).where(RequestHandling.request_id == request.id)
    await connection.execute(handling.values(**columns))
