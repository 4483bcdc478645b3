"""What the hub does about requests: handling, tasks, dialogs, and the work list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.session_tables import BusinessDialog
from hub.contacts.tables import BusinessRequest, RequestHandling, RequestTask
from hub.reads.paging import Order, Page, Window, page_of, windowed
from hub.reads.parts import Part
from hub.reads.rows import Shape, fetch


@dataclass(frozen=True, slots=True)
class HandlingRow:
    """What the hub does about a request; `answers`: question to {value, source, at}."""

    request_id: UUID
    topic: str | None
    topic_version: int | None
    channel: str
    session_id: UUID | None
    handler: str | None
    queue: str | None
    respond_by: datetime
    responded_at: datetime | None
    closed_at: datetime | None
    executed_by: str | None
    state_reason: str | None
    answers: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A step of a request, in order of `position`."""

    request_id: UUID
    position: int
    name: str
    system: str | None
    state: str
    outcome: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class DialogRow:
    """One topic inside a session."""

    id: UUID
    session_id: UUID
    customer_id: UUID | None
    topic: str
    topic_version: int
    channel: str
    request_id: UUID | None
    state: str
    outcome: str | None
    step: str | None
    answers: Mapping[str, Mapping[str, str]]
    started_at: datetime
    changed_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class WorkRow:
    """A place in the work list."""

    request_id: UUID
    respond_by: datetime
    customer_id: UUID | None


@dataclass(frozen=True, slots=True)
class WorkConditions:
    """Which requests of the work list; None leaves a condition out. `unassigned`: nobody works on them yet."""

    queue: str | ColumnElement[str] | None = None
    handler: str | ColumnElement[str] | None = None
    unassigned: bool = False
    unanswered: bool = False


HANDLING: Final = Shape(HandlingRow, RequestHandling)
TASKS: Final = Shape(TaskRow, RequestTask)
_dialog = BusinessDialog.__table__.c
DIALOGS: Final = Part(DialogRow, BusinessDialog, Order("STARTED", (_dialog["started_at"], _dialog["id"])))
_work = RequestHandling.__table__.c
WORK_ORDER: Final = Order("RESPOND_BY", (_work["respond_by"], _work["request_id"]))
"""Who was promised an answer first is answered first."""


async def handling_of(connection: AsyncConnection, requests: Sequence[UUID]) -> Mapping[UUID, HandlingRow]:
    """By request; the requests must have been read under the caller's reach."""
    statement = select(*HANDLING.columns).where(RequestHandling.request_id.in_(requests))
    return {row.request_id: row for row in await fetch(connection, HandlingRow, statement)}


async def tasks_of(connection: AsyncConnection, requests: Sequence[UUID]) -> Mapping[UUID, Sequence[TaskRow]]:
    """The tasks of each request in order; the requests must have been read under the caller's reach."""
    statement = select(*TASKS.columns).where(RequestTask.request_id.in_(requests)).order_by(RequestTask.position)
    tasks: dict[UUID, list[TaskRow]] = {request: [] for request in requests}
    for task in await fetch(connection, TaskRow, statement):
        tasks[task.request_id].append(task)
    return tasks


async def dialogs_of(connection: AsyncConnection, sessions: Sequence[UUID]) -> Mapping[UUID, Sequence[DialogRow]]:
    """The first 100 dialogs of each session in order; the sessions must have been read under the caller's reach."""
    numbered = (
        select(
            *DIALOGS.columns, func.row_number().over(partition_by=_dialog["session_id"], order_by=DIALOGS.order.columns)
        )
        .where(BusinessDialog.session_id.in_(sessions))
        .subquery()
    )
    *columns, place = numbered.c
    statement = select(*columns).where(place <= 100).order_by(numbered.c.started_at, numbered.c.id)
    dialogs: dict[UUID, list[DialogRow]] = {session: [] for session in sessions}
    for dialog in await fetch(connection, DialogRow, statement):
        dialogs[dialog.session_id].append(dialog)
    return dialogs


async def list_work(connection: AsyncConnection, conditions: WorkConditions, window: Window) -> Page[WorkRow]:
    """Open requests of the hub's own by the time of their first answer; for callers who may see every customer."""
    statement = windowed(work_list(conditions), WORK_ORDER, window)
    return page_of(await fetch(connection, WorkRow, statement), window)


async def count_work(connection: AsyncConnection, conditions: WorkConditions) -> int:
    """How long that list is."""
    counted = select(func.count()).select_from(work_list(conditions).subquery())
    return (await connection.execute(counted)).scalar_one()


def work_list(conditions: WorkConditions) -> Select[*tuple[Any, ...]]:  # Any: as hub.reads.rows has it
    """What `list_work` reads."""
    where: list[ColumnElement[bool]] = [RequestHandling.closed_at.is_(None), ~BusinessRequest.deleted]
    if conditions.queue is not None:
        where.append(RequestHandling.queue == conditions.queue)
    if conditions.handler is not None:
        where.append(RequestHandling.handler == conditions.handler)
    if conditions.unassigned:
        where.append(RequestHandling.handler.is_(None))
    if conditions.unanswered:
        where.append(RequestHandling.responded_at.is_(None))
    joined = RequestHandling.__table__.join(BusinessRequest.__table__, BusinessRequest.id == RequestHandling.request_id)
    columns = (RequestHandling.request_id, RequestHandling.respond_by, BusinessRequest.customer_id)
    return select(*columns).select_from(joined).where(*where)


def in_queue_of(own: ColumnElement[str]) -> ColumnElement[bool]:
    """Of the work list, for a caller whose own queue may be NULL: then all of it."""
    return or_(own.is_(None), RequestHandling.queue == own)
