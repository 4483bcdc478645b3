"""Work that waits for a person, newest first, and what the hub last read of the object it is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.flows.read_back import StuckCommand
from hub.reads.paging import Order, Page, Window, page_of, windowed
from hub.reads.rows import fetch
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
class LastRead:
    """The last image of an object at a target, as canonical JSON; it holds personal data."""

    document: Mapping[str, object] | None
    deleted: bool
    observed_at: datetime


_rows = Dispatch.__table__.c
NEWEST: Final = Order("STUCK", (_rows["id"],), descending=True)


def _all() -> Select[Any]:
    names = "id kind queue state line payload attempts last_error_code last_error_message created_at"
    return select(*(_rows[name] for name in names.split(" ")))


async def list_stuck_work(connection: AsyncConnection, chosen: StuckWork, window: Window) -> Page[WorkRow]:
    """One window of the chosen rows."""
    statement = windowed(_all().where(*chosen.conditions()), NEWEST, window)
    return page_of(await fetch(connection, WorkRow, statement), window)


async def work_by_id(connection: AsyncConnection, ids: Sequence[int]) -> Mapping[int, WorkRow]:
    """The rows with these ids that exist, stuck or not."""
    return {row.id: row for row in await fetch(connection, WorkRow, _all().where(Dispatch.id.in_(ids)))}


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
