"""Deliveries of leads, the call list, print runs, and how the outbound channels stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, FromClause, Integer, Select, Text, and_, any_, func, or_, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.leads.tables import LeadHandling, SalesLead
from hub.outbound.tables import LeadDelivery, PrintRun
from hub.reads.conditions import Condition, Declared, where
from hub.reads.paging import Order, Page, Window, page_of, windowed
from hub.reads.parts import Part
from hub.reads.reach import Reach
from hub.reads.relations import Derived
from hub.reads.rows import Shape, fetch
from hub.records.outbound import DeliveryState, PrintRunState

OF_ONE_AT_MOST: Final = 100


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery; `customer_id` is its lead's."""

    id: UUID
    lead_id: UUID
    customer_id: UUID | None
    channel: str
    kind: str
    state: str
    reason: str | None
    rank: int
    planned_for: datetime
    expires_at: datetime
    tries: int
    taken_at: datetime | None
    taken_by: str | None
    lease_until: datetime | None
    answer: str | None
    sent_at: datetime | None
    settled_by: str | None
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class PrintRunRow:
    """A print run; `letters` is NULL while it is open."""

    id: UUID
    channel: str
    closes_at: datetime
    state: str
    letters: int | None
    digest: str | None
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class DeliveryConditions:
    """Which deliveries; None leaves a condition out."""

    states: Sequence[DeliveryState] | None = None
    channel: str | None = None


CONDITIONS: Final[Declared] = {
    "states": Condition(
        ARRAY(Text()),
        lambda states: LeadDelivery.state == any_(states),
        lambda states: [state.value for state in states],
    ),
    "channel": Condition(Text(), lambda channel: LeadDelivery.channel == channel),
}


@dataclass(frozen=True, slots=True)
class ChannelLoad:
    """`due` could leave now but for capacity and hours; `unknown` waits for a person; `sent` since local midnight."""

    planned: int
    due: int
    unknown: int


_delivery = LeadDelivery.__table__.c
_run = PrintRun.__table__.c
_OWNER: Final = (
    select(SalesLead.customer_id).where(SalesLead.id == LeadDelivery.lead_id).correlate(LeadDelivery).scalar_subquery()
)
DELIVERIES: Final = Part(
    DeliveryRow,
    LeadDelivery,
    Order("PLANNED", (_delivery["planned_for"], _delivery["id"]), descending=True),
    computed={"customer_id": _OWNER},
)
CALL_ORDER: Final = Order("URGENCY", (_delivery["rank"], _delivery["planned_for"], _delivery["id"]))
PRINT_RUNS: Final = Shape(PrintRunRow, PrintRun)
RUN_ORDER: Final = Order("CLOSES", (_run["closes_at"], _run["id"]), descending=True)


def all_print_runs(channel: str | ColumnElement[str] | None = None) -> Select[Any]:
    """Of every channel, or of one."""
    statement: Select[Any] = select(*PRINT_RUNS.columns)
    return statement if channel is None else statement.where(PrintRun.channel == channel)


def _letters(run: FromClause) -> ColumnElement[int]:
    """As `letters_waiting` of a run that is open."""
    waiting = (
        select(func.count())
        .select_from(LeadDelivery)
        .outerjoin(LeadHandling, LeadHandling.lead_id == LeadDelivery.lead_id)
        .where(LeadDelivery.channel == run.c["channel"], LeadDelivery.state == DeliveryState.PLANNED.value)
        .where(LeadDelivery.planned_for <= run.c["closes_at"], run.c["state"] == PrintRunState.OPEN.value)
        .where(LeadHandling.responded_at.is_(None), LeadHandling.closed_at.is_(None))
    )
    return func.coalesce(run.c["letters"], waiting.correlate(run).scalar_subquery(), type_=Integer())


LETTERS_OF_RUN: Final = Derived(_letters)


async def deliveries_of_leads(
    connection: AsyncConnection, leads: Sequence[UUID]
) -> Mapping[UUID, Sequence[DeliveryRow]]:
    """Of each lead, which must have been read under the caller's reach; a lead has one a channel at most."""
    found: dict[UUID, list[DeliveryRow]] = {lead: [] for lead in leads}
    order = (LeadDelivery.planned_for, LeadDelivery.step, LeadDelivery.id)
    rows = select(*DELIVERIES.columns).where(LeadDelivery.lead_id.in_(leads)).order_by(*order)
    for row in await fetch(connection, DeliveryRow, rows):
        found[row.lead_id].append(row)
    return found


async def deliveries_of_customers(
    connection: AsyncConnection, customers: Sequence[UUID]
) -> Mapping[UUID, Sequence[DeliveryRow]]:
    """The newest 100 of each, who must have been read under the caller's reach."""
    found: dict[UUID, list[DeliveryRow]] = {customer: [] for customer in customers}
    newest = (LeadDelivery.planned_for.desc(), LeadDelivery.id.desc())
    place = func.row_number().over(partition_by=SalesLead.customer_id, order_by=newest)
    numbered = (
        select(*DELIVERIES.columns, place.label("place"))
        .join(SalesLead, SalesLead.id == LeadDelivery.lead_id)
        .where(SalesLead.customer_id.in_(customers))
        .subquery()
    )
    *columns, number = numbered.c
    rows = select(*columns).where(number <= OF_ONE_AT_MOST).order_by(number)
    for row in await fetch(connection, DeliveryRow, rows):
        if row.customer_id is not None:
            found[row.customer_id].append(row)
    return found


async def list_deliveries(
    connection: AsyncConnection, conditions: DeliveryConditions, window: Window, reach: Reach
) -> Page[DeliveryRow]:
    """Over all leads, what was planned last first."""
    statement = windowed(_deliveries(conditions, reach), DELIVERIES.order, window)
    return page_of(await fetch(connection, DeliveryRow, statement), window)


async def count_deliveries(connection: AsyncConnection, conditions: DeliveryConditions, reach: Reach) -> int:
    """How long that list is."""
    counted = select(func.count()).select_from(_deliveries(conditions, reach).subquery())
    return (await connection.execute(counted)).scalar_one()


async def list_calls(connection: AsyncConnection, channel: str, now: datetime, window: Window) -> Page[DeliveryRow]:
    """Names that may be called now and that no agent has, the most urgent first; without those who answered."""
    statement = windowed(calls(channel, now), CALL_ORDER, window)
    return page_of(await fetch(connection, DeliveryRow, statement), window)


async def count_calls(connection: AsyncConnection, channel: str, now: datetime) -> int:
    """How long that list is."""
    return (await connection.execute(select(func.count()).select_from(calls(channel, now).subquery()))).scalar_one()


async def list_print_runs(connection: AsyncConnection, channel: str | None, window: Window) -> Page[PrintRunRow]:
    """The one that closes last first."""
    statement = windowed(all_print_runs(channel), RUN_ORDER, window)
    return page_of(await fetch(connection, PrintRunRow, statement), window)


async def count_print_runs(connection: AsyncConnection, channel: str | None) -> int:
    """How long that list is."""
    counted = select(func.count()).select_from(all_print_runs(channel).subquery())
    return (await connection.execute(counted)).scalar_one()


async def letters_waiting(connection: AsyncConnection, runs: Sequence[UUID]) -> Mapping[UUID, int]:
    """What an open run would take in if it closed at its hour, by run."""
    rows = await connection.execute(
        text(
            """SELECT r.id, count(d.id) AS letters FROM print_run r
               JOIN lead_delivery d ON d.channel = r.channel AND d.state = 'PLANNED' AND d.planned_for <= r.closes_at
               LEFT JOIN lead_handling h ON h.lead_id = d.lead_id
               WHERE r.id = ANY(:runs) AND r.state = :open AND h.responded_at IS NULL AND h.closed_at IS NULL
               GROUP BY r.id"""
        ),
        {"runs": list(runs), "open": PrintRunState.OPEN.value},
    )
    counts = {row.id: row.letters for row in rows}
    return {run: counts.get(run, 0) for run in runs}


async def loads_of(connection: AsyncConnection, channels: Sequence[str], now: datetime) -> Mapping[str, ChannelLoad]:
    """How much waits in each channel."""
    rows = await connection.execute(
        text(
            """SELECT channel, count(*) FILTER (WHERE state = 'PLANNED') AS planned,
                 count(*) FILTER (WHERE state = 'PLANNED' AND planned_for <= :now AND expires_at > :now) AS due,
                 count(*) FILTER (WHERE state = 'UNKNOWN') AS unknown
               FROM lead_delivery WHERE channel = ANY(:channels) AND state IN ('PLANNED', 'UNKNOWN') GROUP BY 1"""
        ),
        {"channels": list(channels), "now": now},
    )
    found = {row.channel: ChannelLoad(row.planned, row.due, row.unknown) for row in rows}
    return {name: found.get(name, ChannelLoad(0, 0, 0)) for name in channels}


def _deliveries(conditions: DeliveryConditions, reach: Reach) -> Select[Any]:  # Any: as hub.reads.rows has it
    return DELIVERIES.visible(reach, tuple(where(CONDITIONS, conditions)))


def calls(channel: str | ColumnElement[str], now: datetime | ColumnElement[datetime]) -> Select[Any]:
    """What `list_calls` reads."""
    free = or_(
        LeadDelivery.state == DeliveryState.PLANNED.value,
        and_(LeadDelivery.state == DeliveryState.CLAIMED.value, LeadDelivery.lease_until <= now),
    )
    answered = (
        select(LeadHandling.lead_id)
        .where(
            LeadHandling.lead_id == LeadDelivery.lead_id,
            or_(LeadHandling.responded_at.is_not(None), LeadHandling.closed_at.is_not(None)),
        )
        .exists()
    )
    return select(*DELIVERIES.columns).where(
        LeadDelivery.channel == channel,
        free,
        LeadDelivery.planned_for <= now,
        LeadDelivery.expires_at > now,
        ~answered,
    )
