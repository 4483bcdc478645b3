"""Work that waits for a person, newest first, and what the hub last read of the object it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import FromClause, Select, Text, Uuid, cast, func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.tables import InboxEvent, OutboundCommand
from hub.flows.read_back import StuckCommand
from hub.reads.paging import Order, Page, Window, page_of, windowed
from hub.reads.relations import Derived, Relation
from hub.reads.rows import Shape, fetch
from hub.work.dead_letters import StuckWork
from hub.work.tables import Dispatch


@dataclass(frozen=True, slots=True)
class WorkRow:
    """One row of the dispatch table; `payload` holds ids only."""

    id: int
    kind: str
    queue: str
    state: str
    line: str | None
    payload: Mapping[str, object]
    attempts: int
    last_error_code: str | None
    last_error_message: str | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CommandRow:
    """The outbound command that work is about, without what it changes."""

    target: str
    entity: str
    operation: str
    external_id: str | None
    state: str
    outcome_code: str | None
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class EventRow:
    """The pushed event that work is about, without what it says."""

    system: str
    event_id: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class LastRead:
    """The last image of an object at a target, as canonical JSON; it holds personal data."""

    document: Mapping[str, object] | None
    deleted: bool
    observed_at: datetime


COMMANDS: Final = Shape(CommandRow, OutboundCommand)
EVENTS: Final = Shape(EventRow, InboxEvent)


def _command(work: FromClause) -> Select[Any]:
    named = cast(work.c["payload"]["command"].astext, Uuid())
    return select(*COMMANDS.columns).where(OutboundCommand.id == named).correlate(work)


def _event(work: FromClause) -> Select[Any]:
    system, event = (work.c["payload"][name].astext for name in ("system", "event"))
    named = select(*EVENTS.columns).where(InboxEvent.system == system, InboxEvent.event_id == event)
    return named.correlate(work)


COMMAND_OF_WORK: Final = Relation(CommandRow, _command)
EVENT_OF_WORK: Final = Relation(EventRow, _event)
QUEUE_OF_WORK: Final = Derived(lambda work: func.upper(work.c["queue"], type_=Text()))
"""By its name in the API."""

_rows = Dispatch.__table__.c
NEWEST: Final = Order("STUCK", (_rows["id"],), descending=True)


def all_work() -> Select[Any]:
    """Whatever its state."""
    names = "id kind queue state line payload attempts last_error_code last_error_message created_at"
    return select(*(_rows[name] for name in names.split(" ")))


async def list_stuck_work(connection: AsyncConnection, chosen: StuckWork, window: Window) -> Page[WorkRow]:
    """One window of the chosen rows."""
    statement = windowed(all_work().where(*chosen.conditions()), NEWEST, window)
    return page_of(await fetch(connection, WorkRow, statement), window)


async def work_by_id(connection: AsyncConnection, ids: Sequence[int]) -> Mapping[int, WorkRow]:
    """The rows with these ids that exist, stuck or not."""
    return {row.id: row for row in await fetch(connection, WorkRow, all_work().where(Dispatch.id.in_(ids)))}


async def last_read_of(connection: AsyncConnection, command: StuckCommand) -> LastRead | None:
    """What the hub last read of the command's object at its target; None when it never did."""
    row = (
        await connection.execute(
            text(
                """SELECT document, deleted, observed_at FROM source_record
                   WHERE system = :system AND entity = :entity AND external_id = :external_id"""
            ),
            {"system": command.target, "entity": command.entity.value, "external_id": command.external_id},
        )
    ).one_or_none()
    return None if row is None else LastRead(row.document, row.deleted, row.observed_at)
