"""Requests of people about their data, and how far the systems are with them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Boolean,
    FromClause,
    Integer,
    Select,
    Text,
    cast,
    column,
    func,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.customers.privacy_tables import PrivacyRequest
from hub.reads.beside import Beside
from hub.reads.paging import Order, Page, Window, page_of, windowed
from hub.reads.relations import Relation
from hub.reads.rows import Shape, fetch

_RECEIPTS: Final = """
       SELECT r.system, CAST(count(*) AS int) AS records,
         CASE WHEN bool_or(s.state = 'REFUSED') THEN 'REFUSED' WHEN bool_and(s.state = 'DONE') THEN 'DONE'
              ELSE 'PENDING' END AS state,
         max(s.why) AS why, bool_or(r.command_id IS NULL AND s.state = 'PENDING') AS by_hand
       FROM privacy_receipt r
       LEFT JOIN outbound_command c ON c.id = r.command_id
       LEFT JOIN outbound_command n ON n.id = c.carried_by
       CROSS JOIN LATERAL (SELECT
         CASE WHEN r.refusal IS NOT NULL THEN 'REFUSED' WHEN r.settled_at IS NOT NULL THEN 'DONE'
              WHEN c.state = 'MERGED' AND c.carried_by IS NULL THEN 'DONE'
              WHEN coalesce(n.state, c.state) = 'DONE' THEN 'DONE'
              WHEN coalesce(n.state, c.state) IN ('REFUSED', 'DEAD')
                OR coalesce(n.outcome_code, c.outcome_code) = 'NO_CONSENT' THEN 'REFUSED'
              ELSE 'PENDING' END AS state,
         coalesce(r.refusal, n.outcome_code, c.outcome_code) AS why) s
       WHERE r.request_id = asked.key GROUP BY 1"""


@dataclass(frozen=True, slots=True)
class PrivacyRow:
    """One request; whom it is about can only be asked, not read."""

    id: UUID
    kind: str
    principal: str
    reason: str | None
    at: datetime
    counts: Mapping[str, int]
    retained: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class PrivacyReceiptRow:
    """What one system made of it by now; REFUSED when it refused any record, DONE when it did all."""

    system: str
    records: int
    state: str
    why: str | None
    by_hand: bool


@dataclass(frozen=True, slots=True)
class CountRow:
    """How many rows of one kind."""

    name: str
    count: int


REQUESTS: Final = Shape(PrivacyRow, PrivacyRequest)
_rows = PrivacyRequest.__table__.c
NEWEST: Final = Order("PRIVACY", (_rows["at"], _rows["id"]), descending=True)


RECEIPTS: Final = Beside(
    PrivacyReceiptRow,
    _RECEIPTS,
    (
        *(column("system", Text()), column("records", Integer())),
        *(column("state", Text()), column("why", Text()), column("by_hand", Boolean())),
    ),
    ("system",),
)
RECEIPTS_OF_REQUEST: Final = RECEIPTS.relation()


def counted(name: str) -> Relation:
    """What the row's object `name` counts, by name."""

    def rows(parent: FromClause) -> Select[Any]:
        each = func.jsonb_each_text(parent.c[name]).table_valued(column("key", Text()), column("value", Text()))
        counts = each.render_derived(name="counts").c
        number = cast(counts.value, Integer()).label("count")
        return select(counts.key.label("name"), number).order_by(counts.key.collate("C")).correlate(parent)

    return Relation(CountRow, rows)


def all_requests(subjects: Collection[bytes] | None = None) -> Select[Any]:
    """Of everybody, or those about one customer by the hashes of his ids."""
    statement: Select[Any] = select(*REQUESTS.columns)
    return statement if subjects is None else statement.where(PrivacyRequest.subject.in_(subjects))


async def list_privacy_requests(
    connection: AsyncConnection, subjects: Collection[bytes] | None, window: Window
) -> Page[PrivacyRow]:
    """One window of all requests, or of those about one customer by the hashes of his ids."""
    statement = all_requests(subjects)
    return page_of(await fetch(connection, PrivacyRow, windowed(statement, NEWEST, window)), window)


async def count_privacy_requests(connection: AsyncConnection, subjects: Collection[bytes] | None) -> int:
    """How many there are."""
    statement = select(func.count()).select_from(all_requests(subjects).subquery())
    return (await connection.execute(statement)).scalar_one()


async def privacy_requests_by_id(connection: AsyncConnection, ids: Sequence[UUID]) -> Mapping[UUID, PrivacyRow]:
    """Those that exist."""
    statement = select(*REQUESTS.columns).where(PrivacyRequest.id.in_(ids))
    return {row.id: row for row in await fetch(connection, PrivacyRow, statement)}


async def privacy_receipts_of(
    connection: AsyncConnection, ids: Sequence[UUID]
) -> Mapping[UUID, Sequence[PrivacyReceiptRow]]:
    """Per request a receipt from each system that knew the person, by system."""
    return await RECEIPTS.of_each(connection, ids)
