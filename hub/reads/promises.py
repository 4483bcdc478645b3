"""Promises to customers, and the history of their contacts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, Text, any_, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.contacts.tables import Commitment, TimelineEntry
from hub.reads.conditions import Condition, Declared, where
from hub.reads.paging import Order, Page, Window, page_of, windowed
from hub.reads.parts import Conditions, Part
from hub.reads.reach import Reach
from hub.reads.rows import fetch
from hub.records.contact import CommitmentState


@dataclass(frozen=True, slots=True)
class CommitmentRow:
    """A promise; `broken_at` stays when it is kept too late."""

    id: UUID
    customer_id: UUID
    session_id: UUID | None
    request_id: UUID | None
    promise: str
    due_at: datetime
    handler: str
    state: str
    made_by: str
    made_at: datetime
    broken_at: datetime | None
    settled_at: datetime | None


@dataclass(frozen=True, slots=True)
class TimelineRow:
    """One thing that happened in a contact."""

    id: UUID
    customer_id: UUID
    at: datetime
    kind: str
    channel: str | None
    session_id: UUID | None
    request_id: UUID | None
    commitment_id: UUID | None
    lead_id: UUID | None
    subject: str | None


_promise = Commitment.__table__.c
_entry = TimelineEntry.__table__.c
COMMITMENTS: Final = Part(CommitmentRow, Commitment, Order("DUE", (_promise["due_at"], _promise["id"])))
TIMELINE: Final = Part(TimelineRow, TimelineEntry, Order("NEWEST", (_entry["at"], _entry["id"]), descending=True))

STANDING: Final[Conditions] = (Commitment.state.in_([CommitmentState.OPEN.value, CommitmentState.BROKEN.value]),)
"""Still to be kept, late or not."""


@dataclass(frozen=True, slots=True)
class PromiseConditions:
    """Which promises; None leaves a condition out."""

    states: Sequence[CommitmentState] | None = None
    handler: str | None = None


CONDITIONS: Final[Declared] = {
    "states": Condition(
        ARRAY(Text()),
        lambda states: Commitment.state == any_(states),
        lambda states: [state.value for state in states],
    ),
    "handler": Condition(Text(), lambda handler: Commitment.handler == handler),
}


async def list_promises(
    connection: AsyncConnection, conditions: PromiseConditions, window: Window, reach: Reach
) -> Page[CommitmentRow]:
    """Visible promises over all customers, the first that is due first."""
    statement = windowed(_promises(conditions, reach), COMMITMENTS.order, window)
    return page_of(await fetch(connection, CommitmentRow, statement), window)


async def count_promises(connection: AsyncConnection, conditions: PromiseConditions, reach: Reach) -> int:
    """How long that list is."""
    counted = select(func.count()).select_from(_promises(conditions, reach).subquery())
    return (await connection.execute(counted)).scalar_one()


def _promises(conditions: PromiseConditions, reach: Reach) -> Select[Any]:  # Any: as hub.reads.rows has it
    return COMMITMENTS.visible(reach, tuple(where(CONDITIONS, conditions)))
