"""What waits in quarantine, newest first, without its bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.exchange.tables import Lane
from hub.flows.quarantined import Chosen
from hub.flows.tables import Quarantine
from hub.reads.paging import Order, Page, Window, page_of, windowed
from hub.reads.rows import fetch


@dataclass(frozen=True, slots=True)
class QuarantineRow:
    """One object that could not be applied; `corrected_at` is when a person corrected it."""

    id: int
    flow: str | None
    system: str
    entity: str
    external_id: str | None
    place: str | None
    code: str
    path: str
    reason: str
    as_of: datetime | None
    at: datetime
    state: str
    corrected_at: datetime | None
    corrected_by: str | None
    settled_at: datetime | None
    settled_by: str | None
    settled_reason: str | None


_rows = Quarantine.__table__.c
NEWEST: Final = Order("QUARANTINED", (_rows["at"], _rows["id"]), descending=True)


def all_quarantined() -> Select[Any]:
    """The objects, each with the flow it came by."""
    own = [_rows[field.name] for field in fields(QuarantineRow)[2:]]
    return select(_rows["id"], Lane.flow, *own).join_from(Quarantine, Lane, Lane.id == Quarantine.lane_id, isouter=True)


async def list_quarantine(connection: AsyncConnection, chosen: Chosen, window: Window) -> Page[QuarantineRow]:
    """One window of the chosen objects."""
    statement = windowed(all_quarantined().where(*chosen.conditions()), NEWEST, window)
    return page_of(await fetch(connection, QuarantineRow, statement), window)


async def count_quarantine(connection: AsyncConnection, chosen: Chosen) -> int:
    """How many objects are chosen."""
    statement = select(func.count()).select_from(Quarantine).where(*chosen.conditions())
    return (await connection.execute(statement)).scalar_one()


async def quarantined_by_id(connection: AsyncConnection, ids: Sequence[int]) -> Mapping[int, QuarantineRow]:
    """The objects with these ids that exist, whatever became of them."""
    statement = all_quarantined().where(Quarantine.id.in_(ids))
    return {row.id: row for row in await fetch(connection, QuarantineRow, statement)}
